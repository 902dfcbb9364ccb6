"""Signing in with a provider, whole, in Chromium: the stand-in answers in the provider's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from starter.tests.provider import from_provider
from tests.browser.live_app import LiveApp
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]
PASSWORD = "correct horse battery"


@pytest.fixture
def visit(live: LiveApp, visit: Visit) -> Visit:
    """Makes visitors whose provider has a style sheet of its own."""

    def arrive(url: str, **kind: Any) -> Visitor:
        person = visit(url, **kind)
        person.known_hosts = {live.backend.identity_url}
        return person

    return arrive


def leave(person: Visitor, provider: str = "Google", *, start: str = "/login") -> None:
    """Press the provider's button and arrive at the provider's page."""
    person.goto(start)
    person.follow(f"Continue with {provider}")
    person.page.get_by_role("button", name="Deny").wait_for()


def decide(person: Visitor, *, who: str = "", failure: str = "", allow: bool = True) -> None:
    """Choose at the provider and come back."""
    page = person.page
    if who:
        page.locator(f'input[name="person"][value="{who}"]').check()
    if failure:
        page.locator("summary").click()
        page.locator("#failure").select_option(failure)
    page.locator(f'button[value="{"allow" if allow else "deny"}"]').click()
    page.wait_for_url(f"{person.url}/**")


def is_signed_in(person: Visitor) -> bool:
    person.goto("/dashboard")
    return person.path == "/dashboard"


def identities(live: LiveApp, email: str) -> set[str]:
    with psycopg.connect(live.backend.database_url) as connection:
        rows = connection.execute(
            "select i.provider from auth.identities i join auth.users u on u.id = i.user_id"
            " where u.email = %s",
            (email,),
        ).fetchall()
    return {row[0] for row in rows}


def users(live: LiveApp) -> int:
    with psycopg.connect(live.backend.database_url) as connection:
        row = connection.execute("select count(*) from auth.users").fetchone()
    return row[0] if row else 0


@pytest.mark.parametrize("javascript", [True, False])
@pytest.mark.parametrize("start", ["/login", "/signup"])
def test_allow(live: LiveApp, visit: Visit, javascript: bool, start: str) -> None:
    person = visit(live.url, javascript=javascript)
    leave(person, start=start)
    decide(person)
    assert person.path == "/dashboard"
    assert person.sees("Welcome. You are signed in.")
    assert "code=" not in person.page.url


def test_next_is_kept(live: LiveApp, visit: Visit) -> None:
    person = visit(live.url)
    leave(person, start="/files")
    decide(person)
    assert person.path == "/files"


def test_deny(live: LiveApp, visit: Visit) -> None:
    person = visit(live.url)
    person.expected_statuses = {403}
    leave(person)
    decide(person, allow=False)
    assert person.heading() == "You were not signed in"
    assert not is_signed_in(person)
    assert users(live) == 0


def test_deny_then_try_again(live: LiveApp, visit: Visit) -> None:
    person = visit(live.url)
    person.expected_statuses = {403}
    leave(person)
    decide(person, allow=False)
    person.follow("Try again")
    decide(person)
    assert person.path == "/dashboard"


@pytest.mark.parametrize("failure", ["server_error", "temporarily_unavailable", "token_down"])
def test_provider_down(live: LiveApp, visit: Visit, failure: str) -> None:
    person = visit(live.url)
    person.expected_statuses = {503}
    leave(person)
    decide(person, failure=failure)
    assert person.heading() == "The sign-in did not go through"
    assert person.sees("Google does not answer right now. Try again in a minute.")
    assert not is_signed_in(person)


def test_state_forged(live: LiveApp, visit: Visit) -> None:
    """At Auth's callback, and at the app's."""
    person = visit(live.url)
    person.expected_statuses = {400}
    leave(person)
    forged = "00000000-0000-4000-8000-000000000000"
    person.goto(f"{live.backend.url}/auth/v1/callback?code=x&state={forged}")
    assert person.heading() == "You were not signed in"
    person.goto(f"/auth/callback?flow=oauth-AAAAAAAAAAAAAAAAAAAAAA&code={forged}")
    assert person.heading() == "You were not signed in"
    assert not is_signed_in(person)


def test_code_replayed(live: LiveApp, visit: Visit) -> None:
    person = visit(live.url)
    person.expected_statuses = {410}
    back: list[str] = []
    person.page.on("request", lambda request: back.append(request.url))
    leave(person)
    decide(person)
    assert person.path == "/dashboard"
    person.context.clear_cookies()
    person.goto(next(url for url in back if url.startswith(f"{live.url}/auth/callback?")))
    assert person.heading() == "This sign-in is over"
    assert not is_signed_in(person)


def test_other_browser_has_no_verifier(live: LiveApp, visit: Visit) -> None:
    """An attacker's way back signs nobody in as the attacker."""
    attacker, victim = visit(live.url), visit(live.url)
    victim.expected_statuses = {400}
    leave(attacker)
    back = from_provider(attacker.page.url)
    assert set(parse_qs(urlsplit(back).query)) == {"flow", "code"}
    victim.goto("/login")
    victim.goto(back)
    assert victim.heading() == "This sign-in was begun elsewhere"
    assert not is_signed_in(victim)


def test_email_not_verified(live: LiveApp, visit: Visit) -> None:
    person = visit(live.url)
    person.expected_statuses = {403}
    live.backend.create_user("mallory@example.com", password=PASSWORD)
    leave(person)
    decide(person, who="mallory")
    assert not is_signed_in(person)
    assert identities(live, "mallory@example.com") == {"email"}, "nobody's account was taken over"


def test_new_person_confirms_an_unverified_address(live: LiveApp, visit: Visit) -> None:
    person = visit(live.url)
    person.expected_statuses = {403}
    leave(person)
    decide(person, who="mallory")
    assert person.heading() == "Confirm your e-mail first"
    assert live.backend.mailbox.latest(to="mallory@example.com")
    assert not is_signed_in(person)


def test_registered_by_password(live: LiveApp, visit: Visit) -> None:
    ada = live.backend.create_user("ada@example.com", password=PASSWORD)
    person = visit(live.url)
    leave(person)
    decide(person)
    assert person.path == "/dashboard"
    assert identities(live, ada.email) == {"email", "google"}
    assert users(live) == 1


def test_two_providers_for_one_person(live: LiveApp, visit: Visit) -> None:
    for provider in ("Google", "GitHub"):
        person = visit(live.url)
        leave(person, provider)
        decide(person)
        assert person.path == "/dashboard"
    assert identities(live, "ada@example.com") == {"google", "github"}
    assert users(live) == 1


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_on_a_small_screen(
    live: LiveApp, visit: Visit, axe: None, language: str, theme: str
) -> None:
    person = visit(live.url, language=language, theme=theme, size="small")
    person.expected_statuses = {400, 404}
    for path in ("/login", "/signup", "/login/email", "/auth/oauth/nobody"):
        person.goto(path)
        assert not person.scrolls_sideways(), path
        assert person.overflowing_buttons() == [], path
        assert person.violations() == [], path


def test_keyboard(live: LiveApp, visit: Visit) -> None:
    person = visit(live.url)
    person.goto("/login")
    person.page.get_by_role("link", name="Continue with GitHub").focus()
    person.page.keyboard.press("Enter")
    person.page.get_by_role("button", name="Deny").wait_for()
    decide(person)
    assert person.path == "/dashboard"


def test_by_code_from_a_mail(live: LiveApp, visit: Visit) -> None:
    live.backend.create_user("ada@example.com", password=PASSWORD)
    person = visit(live.url, javascript=False)
    person.goto("/login")
    person.follow("Sign in by e-mail")
    person.fill("E-mail", "ada@example.com")
    person.press("Send the mail")
    person.fill("Six-digit code", live.backend.mailbox.latest(to="ada@example.com").code)
    person.press("Continue with the code")
    assert person.path == "/dashboard"
