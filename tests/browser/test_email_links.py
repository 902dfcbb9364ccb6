"""Mail links on the real pages: flow x shape x browser x a scanner that opened the link first.

What ends well is told by where the person gets in the end, by what the pages offer them. The kit's
own matrix, with every flow, is tests/kit/auth/test_links_of_every_shape.py.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from hipflask.testing.factory import BackendFactory
from tests.browser.live_app import LiveApp, live_app
from tests.browser.test_journey import NEW_PASSWORD, PASSWORD, sign_in, sign_up
from tests.browser.visitor import Visitor

EMAIL = "ann@example.com"
SHAPES: dict[str, dict[str, Any]] = {
    "token_hash": {},
    # Without templates of the project the mails are Supabase's own, which a free project cannot
    # change: their link goes to Auth, which sends the browser on.
    "fragment": {"config": {"auth": {"email": {"template": {}}}}},
    "code": {
        "config": {"auth": {"email": {"template": {}}}},
        "environ": {"AUTH_EMAIL_FLOW": "pkce"},
    },
}


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> str:
    """The form in which the link comes back."""
    return str(request.param)


@pytest.fixture
def site(supabase_factory: BackendFactory, shape: str) -> Iterator[LiveApp]:
    """A starter whose mails lead to links of one shape."""
    with live_app(supabase_factory, **SHAPES[shape]) as running:
        yield running


@pytest.fixture(params=["same-browser", "other-browser"])
def opener(request: pytest.FixtureRequest) -> Callable[..., Visitor]:
    """Returns the visitor who opens the mail's link."""

    def choose(asked: Visitor, visit: Callable[..., Visitor]) -> Visitor:
        if request.param == "same-browser":
            return asked
        return visit(asked.url)

    return choose


@pytest.fixture(params=[False, True], ids=["unscanned", "scanned"])
def scanned(request: pytest.FixtureRequest) -> bool:
    """Whether a mail scanner opened the link first."""
    return bool(request.param)


def scan(link: str) -> None:
    """Open a link as a mail scanner does: GET, redirects followed, no scripts, no cookies kept."""
    try:
        with urllib.request.urlopen(link) as answer:
            answer.read()
    except urllib.error.HTTPError as refusal:
        refusal.close()


def press_through(visitor: Visitor) -> None:
    """Press the one button of the page that a link leads to."""
    visitor.page.get_by_role("main").get_by_role("button").first.click()


def test_sign_up(
    site: LiveApp,
    shape: str,
    visit: Callable[..., Visitor],
    opener: Callable[..., Visitor],
    scanned: bool,
) -> None:
    asked = visit(site.url)
    sign_up(asked, EMAIL)
    link = site.backend.mailbox.latest(to=EMAIL).link
    if scanned:
        scan(link)
    ann = opener(asked, visit)
    ann.expected_statuses |= {410}
    ann.goto(link)
    if scanned and shape != "token_hash":
        # Auth itself used the link up for the scanner: the address counts as confirmed.
        ann.page.get_by_role("heading", name="This link has expired or was used already").wait_for()
        ann.goto("/login")
        sign_in(ann, EMAIL)
    else:
        press_through(ann)
    ann.page.get_by_role("heading", name="No notes yet").wait_for()
    assert ann.path == "/dashboard"


def test_reset(
    site: LiveApp,
    shape: str,
    visit: Callable[..., Visitor],
    opener: Callable[..., Visitor],
    scanned: bool,
) -> None:
    site.backend.create_user(EMAIL, password=PASSWORD)
    asked = visit(site.url)
    asked.goto("/users/forgot-password")
    asked.fill("E-mail", EMAIL)
    press_through(asked)
    link = site.backend.mailbox.latest(to=EMAIL).link
    if scanned:
        scan(link)
    ann = opener(asked, visit)
    ann.expected_statuses |= {410}
    ann.goto(link)
    if scanned and shape != "token_hash":
        # A new mail is one field away, and its code works where links get scanned.
        ann.page.get_by_role("heading", name="This link has expired or was used already").wait_for()
        ann.fill("E-mail", EMAIL)
        press_through(ann)
        ann.fill("Six-digit code", site.backend.mailbox.latest(to=EMAIL).code)
        ann.press("Continue with the code")
    else:
        press_through(ann)
    ann.page.get_by_label("New password", exact=True).wait_for()
    assert "/dashboard" not in ann.path
    with ann.context.new_page() as meanwhile:
        meanwhile.goto("/dashboard")
        assert "/login" in meanwhile.url, "a recovery link opened a session"
    ann.fill("New password", NEW_PASSWORD)
    ann.press("Save the new password")
    sign_in(ann, EMAIL, NEW_PASSWORD)
    assert ann.path == "/dashboard"


def test_a_used_link_says_so(live: LiveApp, visit: Callable[..., Visitor]) -> None:
    ann = visit(live.url)
    sign_up(ann, EMAIL)
    link = live.backend.mailbox.latest(to=EMAIL).link
    ann.goto(link)
    press_through(ann)
    other = visit(live.url)
    other.expected_statuses |= {410}
    other.goto(link)
    press_through(other)
    other.page.get_by_role("heading", name="This link has expired or was used already").wait_for()


def test_scripts_off_leads_to_the_code(
    supabase_factory: BackendFactory, chromium: Browser, visit: Callable[..., Visitor]
) -> None:
    with live_app(supabase_factory, **SHAPES["fragment"]) as site:
        ann = visit(site.url, javascript=False)
        sign_up(ann, EMAIL)
        ann.goto(site.backend.mailbox.latest(to=EMAIL).link)
        assert ann.heading() == "Continue with the code"
        # Playwright's text selectors do not look into noscript.
        assert "needs JavaScript" in ann.page.inner_text("main")
