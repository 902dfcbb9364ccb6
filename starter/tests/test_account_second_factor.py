"""Whoever has a second factor shows it for what matters, and sees it in the log."""

from __future__ import annotations

import pytest
from authenticator import add_authenticator
from conftest import PASSWORD
from visitor import Visitor

from hipflask.testing import SupabaseBackend

NEW = "battery staple horse"


def test_a_new_password_needs_it_after_a_while(member: Visitor, backend: SupabaseBackend) -> None:
    phone, _ = add_authenticator(member, backend)
    backend.clock.advance(minutes=11)
    page = member.open("/account/password")
    assert page.path.startswith("/login/confirm")
    page = member.press("Confirm", code=phone.code())
    assert "current_password" not in page.form("Change password").fields
    backend.clock.advance(minutes=11)
    page = member.press("Change password", password=NEW)
    assert page.status == 403
    page = member.press("Confirm and go on", step_up_code=phone.code(), password=NEW)
    assert "Your password was changed." in page.text


@pytest.mark.parametrize("sent", [{"password": PASSWORD}, {"by_mail": "yes", "code": "123456"}])
def test_neither_password_nor_mailbox_stands_in_for_it(
    member: Visitor, backend: SupabaseBackend, sent: dict[str, str]
) -> None:
    add_authenticator(member, backend)
    backend.clock.advance(minutes=11)
    fields = member.open("/login/confirm").form("Confirm").fields
    answer = member.client.post("/login/confirm", data={**fields, **sent})
    assert answer.status_code == 422
    before = len(backend.mailbox.messages(to="ada@example.com"))
    answer = member.client.post("/login/confirm", data={**fields, "send": "yes"})
    assert answer.status_code == 422
    assert len(backend.mailbox.messages(to="ada@example.com")) == before


def test_just_shown_is_enough(member: Visitor, backend: SupabaseBackend) -> None:
    add_authenticator(member, backend)
    member.open("/account/password")
    page = member.press("Change password", password=NEW)
    assert "Your password was changed." in page.text
    assert "second factor" in member.open("/account/activity").text


def test_neither_download_nor_deletion_goes_without(
    member: Visitor, backend: SupabaseBackend
) -> None:
    add_authenticator(member, backend)
    backend.clock.advance(minutes=11)
    assert member.open("/account/data").path.startswith("/login/confirm")
    member.open("/account/delete")
    page = member.press("Delete my account", confirmation="ada@example.com")
    assert page.status == 403
    assert "is deleted on" not in member.open("/dashboard").text
