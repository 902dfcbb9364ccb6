"""The DevIdentityProvider's page in a real browser: the form, its policy, the way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page

from hipflask.local.http_server import HttpServer
from hipflask.local.identity.app import create_identity_app
from hipflask.local.ports import listen
from hipflask.protocol.clock import SystemClock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def callback_then_application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """Answer as Auth does: its callback sends the browser on to the application, elsewhere."""
    if environ["PATH_INFO"] == "/callback":
        port, query = environ["SERVER_PORT"], environ["QUERY_STRING"]
        start("303 See Other", [("Location", f"http://localhost:{port}/arrived?{query}")])
        return []
    start("200 OK", [("Content-Type", "text/html")])
    return [b"arrived"]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """The consent page, asked for by an application."""
    listener = listen(0, "a test")
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    provider = HttpServer(create_identity_app(url, clock=SystemClock()), listener=listener)
    application = HttpServer(callback_then_application)
    provider.start()
    application.start()
    asked = {
        "client_id": "hipflask-dev",
        "response_type": "code",
        "redirect_uri": f"{application.url}/callback",
        "state": "s",
    }
    page = chromium.new_page(viewport={"width": 320, "height": 640})
    page.goto(f"{url}/google/authorize?{urlencode(asked)}")
    yield page
    page.close()
    application.stop()
    provider.stop()


def test_allow_by_keyboard_reaches_the_application(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    assert page.get_by_label("Alan Turing").is_checked()
    page.keyboard.press("Enter")
    page.wait_for_url("http://localhost:*/arrived?code=*&state=s")


def test_deny_and_a_wrong_address(page: Page) -> None:
    page.get_by_role("textbox", name="E-mail address").fill("nobody")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_function("document.activeElement.id === 'email'")
    assert page.get_by_label("Somebody else").is_checked()
    page.get_by_role("button", name="Deny").click()
    page.wait_for_url("http://localhost:*/arrived?error=access_denied*")
