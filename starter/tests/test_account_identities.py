"""Linked accounts on the account pages."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import psycopg
import pytest
from app.extensions import hip
from conftest import PASSWORD
from flask import Flask
from visitor import Page, Visitor

from hipflask import errors
from hipflask.testing import SupabaseBackend


def add_github(backend: SupabaseBackend) -> None:
    """Link an account of GitHub, as Auth would."""
    with psycopg.connect(backend.database_url) as connection:
        connection.execute(
            "insert into auth.identities (id, provider_id, user_id, identity_data, provider,"
            " created_at, updated_at) select gen_random_uuid(), '42', id,"
            ' \'{"sub": "42", "email": "ada@github.example"}\', \'github\', now(), now()'
            " from auth.users"
        )


def form_of(page: Page) -> dict[str, str]:
    """Return what the form with the buttons carries."""
    return next(
        form.fields
        for form in page.forms
        if any(name.startswith(("Unlink", "Link")) for name in form.buttons)
    )


def unlink(member: Visitor, number: int) -> Page:
    """Press the button of one row."""
    page = member.open("/account/identities")
    addresses = re.findall(r'formaction="([^"]+)"', page.html)
    answer = member.client.post(addresses[number], data=form_of(page), follow_redirects=True)
    return member.arrive(answer)


def test_needs_a_sign_in(visitor: Visitor) -> None:
    assert visitor.open("/account/identities").path.startswith("/login")


def test_the_only_one_stays(member: Visitor) -> None:
    page = member.open("/account/identities")
    assert "ada@example.com" in page.text
    assert "This is the only way to sign in, so it stays." in page.text
    assert '/unlink"' not in page.html


def test_each_is_listed(member: Visitor, backend: SupabaseBackend) -> None:
    add_github(backend)
    page = member.open("/account/identities")
    assert "GitHub ada@github.example" in page.text
    assert page.html.count('/unlink"') == 2


def test_unlinking_asks_for_a_fresh_proof(member: Visitor, backend: SupabaseBackend) -> None:
    add_github(backend)
    backend.clock.advance(minutes=11)
    page = unlink(member, 0)
    assert page.status == 403
    page = member.press("Confirm and go on", step_up_password="wrong")
    assert page.status == 422
    assert "This is not your password." in page.text
    page = member.press("Confirm and go on", step_up_password=PASSWORD)
    assert "It no longer signs in to your account." in page.text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("manual_linking_disabled", "Linked accounts cannot be changed at the moment."),
        ("single_identity_not_deletable", "This is the only way to sign in"),
    ],
)
def test_what_auth_refuses_is_said(
    member: Visitor,
    app: Flask,
    backend: SupabaseBackend,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    words: str,
) -> None:
    def refuse(*_: object) -> bool:
        raise errors.AuthRejected("no", code=code, status=422)

    add_github(backend)
    with app.app_context():
        monkeypatch.setattr(type(hip.auth.account), "unlink", refuse)
    page = unlink(member, 0)
    assert page.status == 422
    assert words in page.text
    assert page.html.count('/unlink"') == 2


GITHUB = "https://github.example/login?state=abc"


@pytest.fixture
def auth(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Supabase Auth with GitHub; keeps what was asked, and answers the way back with a code."""
    client = app.extensions["hipflask"].client
    real = client.call
    seen: dict[str, Any] = {}

    def call(method: str, path: str, body: Any = None, **options: Any) -> Any:
        if path == "/settings":
            return {"external": {"email": True, "github": True, "google": False}}
        if path.startswith("/user/identities/authorize?"):
            seen.update(dict(parse_qsl(path.partition("?")[2])), token=options["token"])
            return {"url": GITHUB}
        if path == "/token?grant_type=pkce":
            seen["verifier"] = body["code_verifier"]
            signed_in = {"email": seen.get("as", "ada@example.com"), "password": PASSWORD}
            return real("POST", "/token?grant_type=password", signed_in)
        return real(method, path, body, **options)

    monkeypatch.setattr(client, "call", call)
    return seen


def begin(member: Visitor) -> Page:
    fields = form_of(member.open("/account/identities"))
    return member.arrive(member.client.post("/account/identities/link/github", data=fields))


def way_back(auth: dict[str, Any], **query: str) -> str:
    parts = urlsplit(auth["redirect_to"])
    return f"{parts.path}?{parts.query}&{urlencode(query)}"


def auth_sessions(backend: SupabaseBackend) -> int:
    with psycopg.connect(backend.database_url) as connection:
        row = connection.execute("select count(*) from auth.sessions").fetchone()
    return int(row[0]) if row else -1


def test_linking_goes_to_the_provider_and_back(
    member: Visitor, backend: SupabaseBackend, auth: dict[str, Any]
) -> None:
    page = begin(member)
    assert page.response.headers["Refresh"] == f"0; url={GITHUB}"
    assert page.links["Go to GitHub"] == GITHUB
    assert (auth["provider"], auth["code_challenge_method"]) == ("github", "s256")
    assert auth["redirect_to"].startswith("http://localhost/account/identities/linked?link=v1.")
    page = member.open(way_back(auth, code="c0de"))
    assert page.path.startswith("/account/identities?flash=")
    assert "GitHub now signs in to your account." in page.text
    digest = hashlib.sha256(auth["verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    assert challenge == auth["code_challenge"]
    assert auth["verifier"] not in auth["redirect_to"]
    assert auth_sessions(backend) == 1, "the session that Auth opened on the way is ended"
    assert "GitHub was linked" in member.open("/account/activity").text


def test_linking_asks_for_a_fresh_proof(
    member: Visitor, backend: SupabaseBackend, auth: dict[str, Any]
) -> None:
    backend.clock.advance(minutes=11)
    assert begin(member).status == 403
    assert "provider" not in auth
    page = member.press("Confirm and go on", step_up_password=PASSWORD)
    assert page.links["Go to GitHub"] == GITHUB


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"error": "access_denied"}, "You did not agree"),
        (
            {"error": "server_error", "error_code": "identity_already_exists"},
            "signs in to another account here already",
        ),
        ({"error": "server_error"}, "It was not linked."),
        ({}, "It was not linked."),
    ],
)
def test_what_comes_back_refused_is_said(
    member: Visitor, auth: dict[str, Any], query: dict[str, str], words: str
) -> None:
    begin(member)
    assert words in member.open(way_back(auth, **query)).text


def test_the_way_back_of_somebody_else_links_nothing(
    member: Visitor, stranger: Visitor, auth: dict[str, Any]
) -> None:
    begin(stranger)
    assert "It was not linked." in member.open(way_back(auth, code="c0de")).text
    assert "verifier" not in auth, "the code was not used"


def test_a_code_of_somebody_else_links_nothing(
    member: Visitor, stranger: Visitor, auth: dict[str, Any]
) -> None:
    begin(member)
    auth["as"] = "eve@example.com"
    page = member.open(way_back(auth, code="c0de"))
    assert "It was not linked." in page.text
    assert page.response.request.path == "/account/identities"
    assert "ada@example.com" in member.open("/account").text


def test_a_way_back_that_is_too_old_or_made_up(
    member: Visitor, backend: SupabaseBackend, auth: dict[str, Any]
) -> None:
    begin(member)
    backend.clock.advance(minutes=11)
    assert "That took too long." in member.open(way_back(auth, code="c0de")).text
    assert "That took too long." in member.open("/account/identities/linked?link=x&code=y").text


def test_one_of_two_is_unlinked(member: Visitor, backend: SupabaseBackend) -> None:
    add_github(backend)
    page = member.open("/account/identities")
    number = page.html.index("ada@github.example") > page.html.index("ada@example.com")
    page = unlink(member, int(number))
    assert "It no longer signs in to your account." in page.text
    assert "ada@github.example" not in page.text
    assert "This is the only way to sign in, so it stays." in page.text
    assert "GitHub was unlinked" in member.open("/account/activity").text
    mail = backend.mailbox.latest(to="ada@example.com")
    assert mail.subject == "A sign-in method was removed"
