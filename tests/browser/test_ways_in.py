"""The buttons and the mail beside the password, by keyboard and on small screens."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.browser.live_app import LiveApp
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]
PASSWORD = "correct horse battery"


@pytest.fixture
def newcomer(live: LiveApp, visit: Visit) -> Visitor:
    """Somebody who may go to the stand-in."""
    visitor = visit(live.url)
    visitor.other_sites.add(live.backend.identity_url)
    return visitor


def test_by_keyboard_to_the_page_that_was_wanted(newcomer: Visitor) -> None:
    page = newcomer.page
    newcomer.goto("/files")
    assert newcomer.path == "/login"
    page.get_by_role("link", name="Continue with GitHub").focus()
    page.keyboard.press("Enter")
    page.locator('button[value="allow"]').click()
    assert newcomer.path == "/files"
    assert newcomer.sees("Welcome. You are signed in.")


def test_from_the_sign_up_page(newcomer: Visitor) -> None:
    newcomer.goto("/signup")
    newcomer.follow("Continue with Google")
    newcomer.page.locator('button[value="allow"]').click()
    assert newcomer.path == "/dashboard"


def test_unverified_address_takes_nobodys_account(live: LiveApp, newcomer: Visitor) -> None:
    newcomer.expected_statuses = {403}
    live.backend.create_user("mallory@example.com", password=PASSWORD)
    newcomer.goto("/login")
    newcomer.follow("Continue with Google")
    newcomer.page.locator('input[name="person"][value="mallory"]').check()
    newcomer.page.locator('button[value="allow"]').click()
    newcomer.goto("/dashboard")
    assert newcomer.path == "/login"
    with psycopg.connect(live.backend.database_url) as connection:
        rows = connection.execute(
            "select i.provider from auth.identities i join auth.users u on u.id = i.user_id"
            " where u.email = 'mallory@example.com'"
        ).fetchall()
    assert rows == [("email",)]


def test_by_code_from_a_mail_to_the_page_that_was_wanted(live: LiveApp, visit: Visit) -> None:
    live.backend.create_user("ada@example.com", password=PASSWORD)
    person = visit(live.url, javascript=False)
    person.goto("/files")
    person.follow("Sign in by e-mail")
    person.fill("E-mail", "ada@example.com")
    person.press("Send the mail")
    person.fill("Six-digit code", live.backend.mailbox.latest(to="ada@example.com").code)
    person.press("Continue with the code")
    assert person.path == "/files"


@pytest.mark.parametrize("javascript", [True, False])
def test_by_invitation(live: LiveApp, visit: Visit, javascript: bool) -> None:
    """The mail, a password that is too short, a good one, and one is in."""
    outcome = live.app.test_cli_runner().invoke(args=["invite", "bob@example.com"])
    assert outcome.exit_code == 0, outcome.output
    person = visit(live.url, javascript=javascript)
    person.expected_statuses = {422}
    person.goto(live.backend.mailbox.latest(to="bob@example.com").link)
    person.press("Accept the invitation")
    person.fill("Your name", "Bob")
    person.fill("Password", "short")
    person.press("Create account")
    assert person.page.get_by_label("Your name").input_value() == "Bob"
    person.fill("Password", PASSWORD)
    person.press("Create account")
    assert person.path == "/dashboard"
    assert person.sees("Welcome. You are signed in.")
    person.goto("/account")
    assert person.page.get_by_label("Name", exact=True).input_value() == "Bob"


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_a_small_screen(
    live: LiveApp, visit: Visit, axe: None, language: str, theme: str
) -> None:
    person = visit(live.url, language=language, theme=theme, size="small")
    person.expected_statuses = {404}
    for path in ("/login", "/signup", "/login/email", "/auth/oauth/nobody"):
        person.goto(path)
        assert not person.scrolls_sideways(), path
        assert person.overflowing_buttons() == [], path
        assert person.violations() == [], path
