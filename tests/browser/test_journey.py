"""The whole of the main job, as a person does it, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.live_app import LiveApp
from tests.browser.visitor import Visitor

EMAIL, PASSWORD, NEW_PASSWORD = "ann@example.com", "correct horse 1", "battery staple 2"


def sign_up(visitor: Visitor, email: str = EMAIL, password: str = PASSWORD) -> None:
    """Fill in the form for a new account."""
    visitor.goto("/signup")
    visitor.fill("E-mail", email)
    visitor.fill("Password", password)
    visitor.press("Create account")


def sign_in(visitor: Visitor, email: str = EMAIL, password: str = PASSWORD) -> None:
    """Fill in the form for a session."""
    visitor.goto("/login")
    visitor.fill("E-mail", email)
    visitor.fill("Password", password)
    visitor.press("Sign in")


def sign_out(visitor: Visitor) -> None:
    """Sign out by the account menu."""
    visitor.page.locator("summary", has_text=visitor._("Account")).click()
    visitor.press("Sign out")


def confirmed(visitor: Visitor, live: LiveApp, email: str = EMAIL) -> None:
    """Sign up and confirm by the mail's link."""
    sign_up(visitor, email)
    visitor.goto(live.backend.mailbox.latest(to=email).link)
    visitor.press("Confirm e-mail")


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])
def test_whole_journey(
    live: LiveApp, visit: Callable[..., Visitor], language: str, javascript: bool
) -> None:
    ann = visit(live.url, language=language, javascript=javascript)
    _ = ann._

    ann.goto("/")
    ann.follow("Create account")
    sign_up(ann)
    assert ann.heading() == _("Check your mail")
    mail = live.backend.mailbox.latest(to=EMAIL)
    ann.goto(mail.link)
    assert ann.heading() == _("Confirm your e-mail")
    ann.press("Confirm e-mail")
    assert ann.path == "/dashboard"
    assert ann.sees("No notes yet")

    ann.follow("Write the first note")
    ann.fill("Title", "Milk")
    ann.fill("Text", "Two litres")
    ann.press("Create note")
    assert ann.page.get_by_role("link", name="Milk Two litres").is_visible()
    ann.page.get_by_role("link", name="Milk Two litres").click()
    ann.fill("Title", "Oat milk")
    ann.press("Save")
    assert ann.page.get_by_role("link", name="Oat milk Two litres").is_visible()
    ann.page.get_by_role("link", name=f"{_('Delete')}: Oat milk").click()
    ann.press("Delete note")
    assert ann.sees("No notes yet")
    ann.press("Undo")
    assert ann.page.get_by_role("link", name="Oat milk Two litres").is_visible()

    sign_out(ann)
    assert ann.path == "/login"
    ann.goto("/dashboard")
    assert ann.path == "/login"
    sign_in(ann)
    assert ann.path == "/dashboard"

    elsewhere = visit(live.url, language=language, javascript=javascript)
    elsewhere.goto("/login")
    elsewhere.follow("Forgot password")
    elsewhere.fill("E-mail", EMAIL)
    elsewhere.page.get_by_role("main").get_by_role("button").first.click()
    assert elsewhere.heading() == _("Check your mail")
    elsewhere.goto(live.backend.mailbox.latest(to=EMAIL).link)
    elsewhere.press("Choose a new password")
    elsewhere.fill("New password", NEW_PASSWORD)
    elsewhere.press("Save the new password")
    assert elsewhere.path == "/login"

    ann.goto("/dashboard")
    assert ann.path == "/login", "a session from before the reset is still alive"
    sign_in(ann, password=NEW_PASSWORD)
    assert ann.path == "/dashboard"
