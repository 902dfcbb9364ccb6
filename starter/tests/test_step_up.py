"""Sensitive actions ask for a fresh proof, and lose nothing of what was on its way."""

from __future__ import annotations

import pytest
from authenticator import add_authenticator
from flask import Flask, request
from visitor import Visitor

from hipflask import current_user, recent_sign_in_required, second_factor_required
from hipflask.testing import SupabaseBackend

Done = list[dict[str, str]]

PASSWORD = "correct horse battery"


def test_a_fresh_sign_in_is_enough(member: Visitor) -> None:
    page = member.open("/account/security/passkeys/new")
    assert page.path == "/account/security/passkeys/new"


def test_a_page_asks_for_the_password_and_comes_back(
    member: Visitor, backend: SupabaseBackend
) -> None:
    backend.clock.advance(minutes=11)
    page = member.open("/account/security/passkeys/new")
    assert page.path.startswith("/login/confirm?next=")
    page = member.press("Confirm", password="wrong")
    assert page.status == 422
    assert "This is not your password." in page.text
    page = member.press("Confirm")
    assert page.status == 422
    assert "Enter your password." in page.text
    page = member.press("Confirm", password=PASSWORD)
    assert page.path == "/account/security/passkeys/new"


def test_the_session_gets_a_new_id(member: Visitor, backend: SupabaseBackend) -> None:
    backend.clock.advance(minutes=11)
    before = member.client.get_cookie("__session")
    member.open("/account/security/passkeys/new")
    member.press("Confirm", password=PASSWORD)
    after = member.client.get_cookie("__session")
    assert before is not None
    assert after is not None
    assert before.value != after.value


def test_signing_out_and_in_is_always_left(member: Visitor, backend: SupabaseBackend) -> None:
    backend.clock.advance(minutes=11)
    member.open("/account/security/passkeys/new")
    page = member.press("Sign out and in again")
    assert page.path.startswith("/login?next=")
    page = member.press("Sign in", email="ada@example.com", password=PASSWORD)
    assert page.path == "/account/security/passkeys/new"


@pytest.fixture
def done(app: Flask) -> Done:
    """Actions that note what reached them."""
    done: Done = []

    @app.post("/close")
    @recent_sign_in_required
    def close() -> str:
        done.append(request.form.to_dict() | {"by": str(current_user.email)})
        return "<title>Closed</title>"

    @app.post("/pay")
    @second_factor_required
    def pay() -> str:
        return "<title>Paid</title>"

    return done


def send(member: Visitor, path: str, **fields: str) -> None:
    """Send a form of the page that the visitor is on to another address."""
    member.open("/dashboard")
    assert member.page is not None
    member.page.forms[0].action = path
    member.page.forms[0].buttons["Send"] = {}
    member.page.forms[0].fields.update(fields)
    member.press("Send")


def test_a_form_is_not_lost(done: Done, member: Visitor, backend: SupabaseBackend) -> None:
    backend.clock.advance(minutes=11)
    send(member, "/close", reason="Moving <away>", new_password="s3cret")
    assert member.page is not None
    assert member.page.status == 403
    assert "s3cret" not in member.page.html
    assert done == []
    page = member.press("Confirm and go on", step_up_password="no", new_password="s3cret")
    assert page.status == 422
    assert "This is not your password." in page.text
    page = member.press("Confirm and go on", step_up_password=PASSWORD, new_password="s3cret")
    assert page.title == "Closed"
    assert done[0]["reason"] == "Moving <away>"
    assert done[0]["new_password"] == "s3cret"
    assert done[0]["by"] == "ada@example.com"


def test_a_program_gets_a_problem(done: Done, member: Visitor, backend: SupabaseBackend) -> None:
    backend.clock.advance(minutes=11)
    page = member.open("/dashboard")
    answer = member.client.post(
        "/close",
        data={"csrf_token": page.forms[0].fields["csrf_token"]},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 403
    assert answer.get_json()["type"] == "/problems/reauthentication-needed"


def test_without_a_second_factor_some_actions_are_closed(done: Done, member: Visitor) -> None:
    send(member, "/pay", amount="3")
    assert member.page is not None
    assert member.page.status == 403
    assert "A second factor is needed" in member.page.text


def test_whoever_has_a_factor_is_asked_for_its_code(
    done: Done, member: Visitor, backend: SupabaseBackend
) -> None:
    phone, _ = add_authenticator(member, backend)
    send(member, "/pay", amount="3")
    assert member.page is not None
    assert member.page.title == "Paid"
    backend.clock.advance(minutes=11)
    send(member, "/close", reason="x")
    page = member.press("Confirm and go on", step_up_code="000000")
    assert "wrong or too old" in page.text
    page = member.press("Confirm and go on", step_up_code=phone.code())
    assert page.title == "Closed"
    assert done[0]["reason"] == "x"
