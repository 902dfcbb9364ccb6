"""Another application signs people in with their account here, all of it in a real browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from authlib.integrations.base_client import OAuthError

from hipflask.local.http_server import HttpServer
from hipflask.local.ports import listen
from hipflask.testing.factory import BackendFactory
from tests.browser.live_app import LiveApp, live_app
from tests.browser.visitor import Visitor
from tests.contract.consent import registered
from tests.contract.relying_party import WELL_KNOWN, RelyingParty

Visit = Callable[..., Visitor]
ADA, PASSWORD = "ada@example.com", "correct horse 1"


@pytest.fixture
def live(supabase_factory: BackendFactory) -> Iterator[LiveApp]:
    """The starter of a project that is an OAuth server."""
    server = {"enabled": True, "allow_dynamic_registration": True}
    with live_app(supabase_factory, config={"auth": {"oauth_server": server}}) as running:
        running.backend.create_user(ADA, password=PASSWORD)
        yield running


@pytest.fixture
def calendar(live: LiveApp) -> Iterator[str]:
    """An application of somebody else, on another site, made with Authlib."""
    listener = listen(0, "an application under test")
    url = f"http://localhost:{listener.getsockname()[1]}"
    back = f"{url}/back"
    client = registered(live.backend, client_name="Calendar", redirect_uris=[back])
    metadata = f"{live.backend.url}/auth/v1{WELL_KNOWN}"
    app = RelyingParty(metadata, client, back).app
    app.register_error_handler(OAuthError, lambda error: f"refused: {error.error}")
    app.add_url_rule("/favicon.ico", "favicon", lambda: ("", 204))  # browsers ask for one
    server = HttpServer(app, listener=listener, threads=2, name="calendar")
    server.start()
    yield url
    server.stop()


@pytest.fixture
def ada(live: LiveApp, calendar: str, visit: Visit) -> Callable[..., Visitor]:
    """Ada, who comes from the other application and signs in here on the way."""

    def make(**kind: object) -> Visitor:
        visitor = visit(live.url, **kind)
        visitor.other_sites |= {calendar, live.backend.url}
        visitor.goto(f"{calendar}/sign-in")
        visitor.fill("E-mail", ADA)
        visitor.fill("Password", PASSWORD)
        visitor.press("Sign in")
        return visitor

    return make


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize(
    ("language", "theme", "size", "javascript"),
    [("en", "light", "desktop", True), ("zh-Hans", "dark", "small", True)],
)
def test_allow(
    ada: Callable[..., Visitor],
    calendar: str,
    language: str,
    theme: str,
    size: str,
    javascript: bool,
) -> None:
    visitor = ada(language=language, theme=theme, size=size, javascript=javascript)
    assert visitor.path == "/oauth/consent"
    assert visitor.heading() == visitor._("Let %(name)s in?") % {"name": "Calendar"}
    assert visitor.violations() == []
    assert not visitor.scrolls_sideways()
    visitor.press("Allow")
    visitor.page.wait_for_url(re.compile(f"{calendar}/back"))
    assert json.loads(visitor.page.inner_text("body"))["userinfo"]["email"] == ADA
    # the second time the browser goes through without a question
    visitor.goto(f"{calendar}/sign-in")
    visitor.page.wait_for_url(re.compile(f"{calendar}/back"))
    # and it is listed, until it is ended
    visitor.goto("/account/identities")
    assert visitor.sees("Applications that you let in")
    assert visitor.violations() == []
    assert not visitor.scrolls_sideways()
    visitor.page.get_by_role("button", name=visitor._("End access")).click()
    assert visitor.sees("It no longer has access to your account.")
    visitor.goto(f"{calendar}/sign-in")
    visitor.page.wait_for_url(re.compile("/oauth/consent"))


def test_deny_without_scripts(ada: Callable[..., Visitor], calendar: str) -> None:
    visitor = ada(javascript=False)
    visitor.press("Deny")
    visitor.page.wait_for_url(re.compile(f"{calendar}/back"))
    assert visitor.page.inner_text("body") == "refused: access_denied"
