"""The second factor at sign-in: nothing works before it, a recovery code stands in for it."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg
import pytest
from authenticator import add_authenticator
from flask import Flask
from visitor import Visitor

from hipflask.testing import SupabaseBackend

ADA = "ada@example.com"
PASSWORD = "correct horse battery"
LOG = "/account/activity"


def add_factor_by_hand(backend: SupabaseBackend) -> None:
    """Give everybody a verified factor, as if it had been added in another app."""
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status,"
            " created_at, updated_at, secret) select gen_random_uuid(), id, 'Phone', 'totp',"
            " 'verified', now(), now(), 'JBSWY3DPEHPK3PXP' from auth.users"
        )


@pytest.fixture
def half(visitor: Visitor, backend: SupabaseBackend) -> Visitor:
    """Ada after her password, before her code."""
    backend.create_user(ADA, password=PASSWORD)
    add_factor_by_hand(backend)
    visitor.sign_in(ADA, PASSWORD)
    return visitor


def test_the_password_leads_to_the_code(half: Visitor) -> None:
    assert half.page is not None
    assert half.page.path == "/login/second-factor?next=%2Fdashboard"
    assert "authenticator app" in half.page.text


@pytest.mark.parametrize("path", ["/dashboard", "/files", "/account", "/account/security"])
def test_no_page_works_before_the_code(half: Visitor, path: str) -> None:
    assert half.open(path).path.startswith("/login/second-factor?next=")


def test_the_front_page_knows_nobody_before_the_code(half: Visitor) -> None:
    assert ADA not in half.open("/").text


@pytest.mark.parametrize("path", ["/api/v1/me", "/api/v1/notes"])
def test_no_api_works_before_the_code(half: Visitor, path: str) -> None:
    answer = half.client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert answer.get_json()["type"] == "/problems/second-factor-needed"


def test_a_form_is_refused_before_the_code(half: Visitor, app: Flask) -> None:
    half.open("/")
    token = half.page.forms[0].fields["csrf_token"] if half.page else ""
    answer = half.client.post(
        "/dashboard/notes/new", data={"csrf_token": token, "title": "Milk", "body": ""}
    )
    assert answer.status_code == 403
    assert "Milk" in answer.get_data(as_text=True)


def test_a_bearer_token_without_the_code_is_refused(app: Flask, backend: SupabaseBackend) -> None:
    backend.create_user(ADA, password=PASSWORD)
    client = app.test_client()
    headers = {"Authorization": f"Bearer {backend.sign_in(ADA, password=PASSWORD).access_token}"}
    assert client.get("/api/v1/me", headers=headers).status_code == 200
    add_factor_by_hand(backend)
    backend.clock.advance(seconds=31)
    answer = client.get("/api/v1/me", headers=headers)
    assert answer.status_code == 403
    assert answer.get_json()["type"] == "/problems/second-factor-needed"


def test_somebody_else_may_sign_in_instead(half: Visitor) -> None:
    half.open("/dashboard")
    page = half.press("Sign in as somebody else")
    assert page.path.startswith("/login")
    assert "Password" in page.text


def test_a_wrong_code_says_so(half: Visitor) -> None:
    half.open("/login/second-factor")
    page = half.press("Confirm", code="12 34")
    assert page.status == 422
    assert "wrong or too old" in page.text


def test_guessing_is_slowed(half: Visitor) -> None:
    half.open("/login/second-factor")
    for _ in range(5):
        assert "wrong or too old" in half.press("Confirm", code="000 000").text
    assert "Too many attempts. Try again in 15 minutes." in half.press("Confirm", code="1").text


def test_whoever_is_not_on_the_way_is_led_to_the_sign_in(visitor: Visitor) -> None:
    assert visitor.open("/login/second-factor").path == "/login"
    assert visitor.open("/login/recovery-code").path == "/login"


def test_a_code_signs_in_and_leads_on(
    member: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    phone, _ = add_authenticator(member, backend)
    other = new_visitor()
    other.open("/files")
    page = other.press("Sign in", email=ADA, password=PASSWORD)
    before = other.client.get_cookie("__session")
    page = other.press("Confirm", code=phone.code())
    after = other.client.get_cookie("__session")
    assert page.path == "/files"
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_a_wrong_recovery_code_says_so_and_guessing_is_slowed(half: Visitor) -> None:
    half.open("/login/second-factor")
    half.follow("Device lost? Use a recovery code")
    for _ in range(5):
        page = half.press("Sign in", code="AAAA-BBBB-CCCC-DDDD")
        assert "This recovery code is wrong" in page.text
    page = half.press("Sign in", code="AAAA-BBBB-CCCC-DDDD")
    assert "Too many attempts. Try again in 15 minutes." in page.text


def test_the_device_is_lost(
    member: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    _, codes = add_authenticator(member, backend)
    assert member.open("/dashboard").path == "/dashboard"
    other = new_visitor()
    other.sign_in(ADA, PASSWORD)
    other.follow("Device lost? Use a recovery code")
    page = other.press("Sign in", code=codes[3].lower().replace("-", " "))
    assert member.open("/dashboard").path.startswith("/login"), "the lost device is signed out"
    with psycopg.connect(backend.database_url) as connection:
        assert connection.execute("select count(*) from auth.sessions").fetchone() == (1,)
    assert page.path.startswith("/account/security")
    assert "The lost authenticator is removed" in page.text
    assert "Add an authenticator app" in page.text
    assert other.open("/dashboard").path == "/dashboard"
    third = new_visitor()
    assert third.sign_in(ADA, PASSWORD).path == "/dashboard"


def test_the_owner_hears_of_it(
    member: Visitor,
    app: Flask,
    backend: SupabaseBackend,
    new_visitor: Callable[..., Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, codes = add_authenticator(member, backend)
    sent: list[tuple[str, ...]] = []
    monkeypatch.setattr(app.extensions["hipflask"].mail, "send", lambda *mail: sent.append(mail))
    other = new_visitor()
    other.sign_in(ADA, PASSWORD)
    other.open("/login/recovery-code")
    other.press("Sign in", code=codes[0])
    assert [mail[:2] for mail in sent] == [(ADA, "A recovery code was used")]
    assert "http://localhost/users/forgot-password" in sent[0][2]


def test_a_recovery_code_works_once(
    member: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    _, codes = add_authenticator(member, backend)
    other = new_visitor()
    other.sign_in(ADA, PASSWORD)
    other.open("/login/recovery-code")
    other.press("Sign in", code=codes[0])
    add_factor_by_hand(backend)
    third = new_visitor()
    third.sign_in(ADA, PASSWORD)
    third.open("/login/recovery-code")
    page = third.press("Sign in", code=codes[0])
    assert "This recovery code is wrong or was used already." in page.text


def told(member: Visitor) -> list[str]:
    """Return what the security log says of sign-ins, the newest first."""
    words = ("Signed in", "A sign-in")
    lines = re.findall(r'<p class="font-medium break-words">([^<]+)', member.open(LOG).html)
    return [line for line in lines if line.startswith(words)]


def test_the_log_tells_of_whole_sign_ins_and_of_those_that_stopped(
    member: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    phone, _ = add_authenticator(member, backend)
    other = new_visitor()
    other.sign_in(ADA, PASSWORD)
    assert told(member) == ["Signed in with the password"], "that of the member alone"
    other.press("Confirm", code="000000")
    other.follow("Device lost? Use a recovery code")
    other.press("Sign in", code="AAAA-BBBB-CCCC-DDDD")
    other.follow("Back to the authenticator code")
    other.press("Confirm", code=phone.code())
    assert told(member) == [
        "Signed in with the password",
        "A sign-in stopped at a wrong recovery code",
        "A sign-in stopped at a wrong code of the authenticator app",
        "Signed in with the password",
    ]


def test_a_wrong_code_from_a_mail_is_told(
    member: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    other = new_visitor()
    other.open("/login/email")
    other.press("Send the mail", email=ADA)
    other.press("Continue with the code", code="000000")
    assert told(member)[0] == "A sign-in failed: wrong code from a mail"
