"""Signing out."""

from __future__ import annotations

from visitor import Visitor


def test_ends_the_session(member: Visitor) -> None:
    member.open("/dashboard")
    page = member.press("Sign out")
    assert page.path.startswith("/login")
    assert "You are signed out." in page.text
    assert member.open("/dashboard").path.startswith("/login")


def test_a_link_cannot_do_it(member: Visitor) -> None:
    assert member.client.get("/logout").status_code == 405
    assert member.open("/dashboard").path == "/dashboard"
