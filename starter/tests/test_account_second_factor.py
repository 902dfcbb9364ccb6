"""Whoever has a second factor shows it for what matters, and sees it in the log."""

from __future__ import annotations

from authenticator import add_authenticator
from conftest import PASSWORD
from visitor import Visitor

from hipflask.testing import SupabaseBackend

NEW = "battery staple horse"


def test_a_new_password_needs_it_after_a_while(member: Visitor, backend: SupabaseBackend) -> None:
    phone, _ = add_authenticator(member, backend)
    backend.clock.advance(minutes=11)
    member.open("/account/password")
    page = member.press("Change password", current_password=PASSWORD, password=NEW)
    assert page.status == 403
    assert "Confirm that it is you" in page.text
    page = member.press(
        "Confirm and go on", step_up_code=phone.code(), current_password=PASSWORD, password=NEW
    )
    assert "Your password was changed." in page.text


def test_just_shown_is_enough(member: Visitor, backend: SupabaseBackend) -> None:
    add_authenticator(member, backend)
    member.open("/account/password")
    page = member.press("Change password", current_password=PASSWORD, password=NEW)
    assert "Your password was changed." in page.text
    assert "second factor" in member.open("/account/activity").text


def test_neither_download_nor_deletion_goes_without(
    member: Visitor, backend: SupabaseBackend
) -> None:
    add_authenticator(member, backend)
    backend.clock.advance(minutes=11)
    member.open("/account/data")
    page = member.press("Download your data", current_password=PASSWORD)
    assert (page.status, page.response.mimetype) == (403, "text/html")
    member.open("/account/delete")
    page = member.press(
        "Delete my account", confirmation="ada@example.com", current_password=PASSWORD
    )
    assert page.status == 403
    assert "is deleted on" not in member.open("/dashboard").text
