"""Changing the password on the account pages."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from conftest import PASSWORD
from visitor import Visitor

from hipflask.testing import SupabaseBackend

NEW = "battery staple horse"


def test_needs_a_sign_in(visitor: Visitor) -> None:
    assert visitor.open("/account/password").path == "/login?next=%2Faccount%2Fpassword"


def test_it_changes_and_other_devices_are_signed_out(
    member: Visitor, new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    other = new_visitor()
    other.sign_in("ada@example.com", PASSWORD)
    member.open("/account/password")
    page = member.press("Change password", current_password=PASSWORD, password=NEW)
    assert page.status == 200
    assert "Every other device is signed out." in page.text
    assert member.open("/dashboard").path == "/dashboard"
    assert other.open("/dashboard").path.startswith("/login")
    assert new_visitor().sign_in("ada@example.com", PASSWORD).status == 422
    assert new_visitor().sign_in("ada@example.com", NEW).path == "/dashboard"
    assert "password was changed" in backend.mailbox.latest(to="ada@example.com").subject


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"current_password": "wrong", "password": NEW}, "current_password", "not your password"),
        ({"password": NEW}, "current_password", "Enter your present password."),
        ({"current_password": PASSWORD}, "password", "Enter a password."),
        ({"current_password": PASSWORD, "password": "short"}, "password", "8 characters or more"),
        ({"current_password": PASSWORD, "password": PASSWORD}, "password", "your old password"),
        (
            {"current_password": PASSWORD, "password": "ada@example.com"},
            "password",
            "other than your e-mail address",
        ),
    ],
)
def test_what_is_wrong_stands_beside_its_field(
    member: Visitor, typed: dict[str, str], field: str, words: str
) -> None:
    member.open("/account/password")
    page = member.press("Change password", **typed)
    assert page.status == 422
    assert f'id="{field}-error"' in page.html
    assert words in page.text


def test_a_check_leaves_no_session_behind(member: Visitor, backend: SupabaseBackend) -> None:
    member.open("/account/password")
    member.press("Change password", current_password=PASSWORD, password="short 1")
    member.press("Change password", current_password=PASSWORD, password=PASSWORD)
    with psycopg.connect(backend.database_url) as connection:
        found = connection.execute("select count(*) from auth.sessions").fetchone()
    assert found == (1,)


def test_somebody_without_a_password_may_set_one_after_signing_in(
    member: Visitor, backend: SupabaseBackend, new_visitor: Callable[..., Visitor]
) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute("update auth.users set encrypted_password = null")
    page = member.open("/account/password")
    assert "Set a password" in page.text
    assert member.press("Set password", password=NEW).status == 200
    assert new_visitor().sign_in("ada@example.com", NEW).path == "/dashboard"


def test_later_they_prove_it_by_a_mailed_code(member: Visitor, backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute("update auth.users set encrypted_password = ''")
    backend.clock.advance(minutes=11)
    page = member.open("/account/password")
    assert page.path.startswith("/login/confirm")
    member.press("Send the code")
    code = backend.mailbox.latest(to="ada@example.com").code
    page = member.press("Confirm", code=code)
    assert page.path == "/account/password"
    assert member.press("Set password", password=NEW).status == 200


def test_the_present_password_is_asked_for_however_fresh_the_sign_in(member: Visitor) -> None:
    page = member.open("/account/password")
    assert "current_password" in page.form("Change password").fields
    assert "Forgot password" in page.links


def test_a_forged_form_is_refused(member: Visitor) -> None:
    typed = {"current_password": PASSWORD, "password": NEW}
    assert member.client.post("/account/password", data=typed).status_code in (400, 403)
