"""Signing in with a provider in a real browser, through the stand-in of this machine."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import pytest
import urllib3
from playwright.sync_api import Page, Request

from tests.browser.live_app import LiveApp
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]
PASSWORD = "correct horse 1"
ADA = "ada@example.com"


@pytest.fixture
def newcomer(live: LiveApp, visit: Visit) -> Callable[..., Visitor]:
    """Make visitors who may go to the stand-in."""

    def make(**options: object) -> Visitor:
        visitor = visit(live.url, **options)
        visitor.other_sites.add(live.backend.identity_url)
        return visitor

    return make


def to_provider(visitor: Visitor, name: str = "Google") -> Page:
    """Press the provider's button on the sign-in page; the consent page is shown."""
    visitor.goto("/login")
    wanted = visitor._("Continue with %(provider)s") % {"provider": name}
    visitor.page.get_by_role("link", name=wanted).click()
    return visitor.page


def decide(page: Page, decision: str = "allow", person: str = "ada", failure: str = "") -> None:
    """Choose a person, and what the provider does, on the consent page."""
    page.locator(f"input[name=person][value={person}]").check()
    if failure:
        page.locator("details summary").click()
        page.locator("select[name=failure]").select_option(failure)
    page.locator(f"button[name=decision][value={decision}]").click()


def accounts(live: LiveApp) -> dict[str, list[str]]:
    """Return every account's address with the providers that lead to it."""
    with psycopg.connect(live.backend.database_url) as tx:
        rows = tx.execute(
            "select u.email, array_agg(i.provider order by i.provider) from auth.users u"
            " join auth.identities i on i.user_id = u.id group by u.id, u.email"
        )
        return dict(rows.fetchall())


@pytest.mark.parametrize(
    ("language", "javascript", "size"),
    [("en", True, "desktop"), ("zh-Hans", True, "small"), ("en", False, "phone")],
)
def test_allow(
    live: LiveApp,
    newcomer: Callable[..., Visitor],
    language: str,
    javascript: bool,
    size: str,
) -> None:
    ada = newcomer(language=language, javascript=javascript, size=size)
    page = to_provider(ada)
    assert page.url.startswith(f"{live.backend.identity_url}/google/authorize?")
    decide(page)
    assert ada.path == "/dashboard"
    assert accounts(live) == {ADA: ["google"]}
    assert ada.cookies()["__session"]["httpOnly"]
    assert "code=" not in page.url


def test_no_token_passes_through_the_browser(
    live: LiveApp, newcomer: Callable[..., Visitor]
) -> None:
    ada = newcomer()
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url + (request.post_data or ""))

    ada.context.on("request", note)
    decide(to_provider(ada))
    assert ada.path == "/dashboard"
    assert not [url for url in asked if "access_token" in url or "code_verifier" in url]
    assert ada.page.evaluate("Object.keys(localStorage)") in ([], ["theme"])


def test_deny(live: LiveApp, newcomer: Callable[..., Visitor]) -> None:
    ada = newcomer()
    ada.expected_statuses.add(403)
    decide(to_provider(ada), "deny")
    assert ada.heading() == "You were not signed in"
    assert ada.violations() == []
    ada.follow("Try again")
    decide(ada.page)
    assert ada.path == "/dashboard"


@pytest.mark.parametrize("failure", ["temporarily_unavailable", "token_down", "bad_signature"])
def test_provider_is_down(live: LiveApp, newcomer: Callable[..., Visitor], failure: str) -> None:
    ada = newcomer()
    ada.expected_statuses.add(503)
    decide(to_provider(ada), failure=failure)
    assert ada.heading() == "The sign-in did not go through"
    assert accounts(live) == {}


def test_address_is_not_verified(live: LiveApp, newcomer: Callable[..., Visitor]) -> None:
    mallory = newcomer()
    mallory.expected_statuses.add(403)
    decide(to_provider(mallory), person="mallory")
    assert mallory.heading() == "Confirm your e-mail first"
    mallory.goto("/dashboard")
    assert mallory.path == "/login"


def test_state_is_forged(live: LiveApp, newcomer: Callable[..., Visitor]) -> None:
    ada = newcomer()
    ada.expected_statuses.add(410)
    to_provider(ada)
    callback = f"{live.backend.url}/auth/v1/callback"
    ada.goto(f"{callback}?code=x&state=3f0a4c1e-0000-4000-8000-000000000000")
    assert urlsplit(ada.page.url).netloc == urlsplit(live.url).netloc
    assert ada.heading() == "This sign-in is over"
    assert accounts(live) == {}


def way_back(visitor: Visitor) -> str:
    """Say yes at the provider without the browser, and return where it would have been led."""
    page = to_provider(visitor)
    page.locator("input[name=person][value=ada]").check()
    form = page.evaluate(
        "new URLSearchParams(new FormData(document.forms[0],"
        " document.querySelector('[value=allow]'))).toString()"
    )
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    said = urllib3.request("POST", page.url, body=form, headers=kind, redirect=False)
    answer = urllib3.request("GET", said.headers["Location"], redirect=False)
    return answer.headers["Location"]


def test_code_in_another_browser_and_code_replayed(
    live: LiveApp, newcomer: Callable[..., Visitor]
) -> None:
    ada, victim = newcomer(), newcomer()
    ada.expected_statuses.add(410)
    victim.expected_statuses.add(400)
    back = way_back(ada)
    victim.goto("/login")
    victim.goto(back)
    assert victim.heading() == "This sign-in was begun elsewhere"
    victim.goto("/dashboard")
    assert victim.path == "/login"
    ada.goto(back)
    assert ada.path == "/dashboard"
    ada.goto(back)
    assert ada.heading() == "This sign-in is over"


def test_address_has_an_account_with_a_password(
    live: LiveApp, newcomer: Callable[..., Visitor]
) -> None:
    live.backend.create_user(ADA, password=PASSWORD)
    ada = newcomer()
    decide(to_provider(ada))
    assert ada.path == "/dashboard"
    assert accounts(live) == {ADA: ["email", "google"]}


def test_two_providers_for_one_person(live: LiveApp, newcomer: Callable[..., Visitor]) -> None:
    for name in ("Google", "GitHub"):
        ada = newcomer()
        decide(to_provider(ada, name))
        assert ada.path == "/dashboard"
    assert accounts(live) == {ADA: ["github", "google"]}
