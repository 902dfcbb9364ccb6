"""Linked accounts on the account pages."""

from __future__ import annotations

import re

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


def unlink(member: Visitor, number: int, password: str = PASSWORD) -> Page:
    """Press the button of one row."""
    page = member.open("/account/identities")
    addresses = re.findall(r'formaction="([^"]+)"', page.html)
    fields = next(form.fields for form in page.forms if "current_password" in form.fields)
    sent = {**fields, "current_password": password}
    answer = member.client.post(addresses[number], data=sent, follow_redirects=True)
    return Page(answer)


def test_needs_a_sign_in(visitor: Visitor) -> None:
    assert visitor.open("/account/identities").path.startswith("/login")


def test_the_only_one_stays(member: Visitor) -> None:
    page = member.open("/account/identities")
    assert "ada@example.com" in page.text
    assert "This is the only way to sign in, so it stays." in page.text
    assert "formaction" not in page.html


def test_each_is_listed(member: Visitor, backend: SupabaseBackend) -> None:
    add_github(backend)
    page = member.open("/account/identities")
    assert "Github ada@github.example" in page.text
    assert page.html.count("formaction") == 2


def test_unlinking_asks_for_the_password(member: Visitor, backend: SupabaseBackend) -> None:
    add_github(backend)
    page = unlink(member, 0, "wrong")
    assert page.status == 422
    assert "This is not your password." in page.text
    assert page.html.count("formaction") == 2


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
    assert page.html.count("formaction") == 2
