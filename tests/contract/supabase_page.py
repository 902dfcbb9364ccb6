"""@supabase/supabase-js inside a page of real Chromium, for what only browsers can do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from werkzeug import Response

from hipflask.local.http_server import HttpServer
from hipflask.local.ports import listen
from tests.contract.js_client import FOLDER, install

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from hipflask.testing import SupabaseBackend

BUNDLE: Final = FOLDER / "node_modules/@supabase/supabase-js/dist/umd/supabase.js"
_CREATE: Final = """
([url, key]) => {
  const auth = { experimental: { passkey: true } };
  window.client = supabase.createClient(url, key, { auth });
}
"""
_CALL: Final = """
async ([method, args]) => {
  const parts = method.split('.');
  const name = parts.pop();
  const target = parts.reduce((object, part) => object[part], window.client);
  const { data, error } = await target[name](...args);
  return { data, error: error && { name: error.name, code: error.code, status: error.status } };
}
"""


@contextmanager
def empty_site() -> Iterator[str]:
    """Serve an empty page; yields its origin, whose name security keys take."""
    listener = listen(0, "an empty site")
    origin = f"http://localhost:{listener.getsockname()[1]}"
    page = Response("<!doctype html><title>Notes</title>", mimetype="text/html")
    server = HttpServer(page, listener=listener, threads=2, name="empty site")
    server.start()
    try:
        yield origin
    finally:
        server.stop()


class SupabasePage:
    """A page at ``origin`` with a client of the backend."""

    def __init__(self, chromium: Browser, backend: SupabaseBackend, origin: str) -> None:
        install()
        self.page: Page = chromium.new_page()
        self.page.goto(origin)
        self.page.add_script_tag(content=BUNDLE.read_text(encoding="utf-8"))
        self.page.evaluate(_CREATE, [backend.url, backend.publishable_key])

    def __call__(self, method: str, *args: Any) -> Any:
        """Return the ``data`` of a call; AssertionError when it carries an error."""
        answer = self.page.evaluate(_CALL, [method, args])
        assert answer["error"] is None, f"{method}: {answer['error']}"
        return answer["data"]

    def error(self, method: str, *args: Any) -> Any:
        """Return the ``error`` of a call; AssertionError when it succeeded."""
        answer = self.page.evaluate(_CALL, [method, args])
        assert answer["error"] is not None, f"{method} succeeded: {answer['data']}"
        return answer["error"]

    def plug_in_security_key(self) -> None:
        """Give the browser a virtual authenticator that is touched at once."""
        self._plug_in(transport="usb")

    def keep_passkeys(self) -> None:
        """Give the browser a device that keeps passkeys and knows its owner at once."""
        self._plug_in(
            transport="internal", hasResidentKey=True, hasUserVerification=True, isUserVerified=True
        )

    def _plug_in(self, **options: Any) -> None:
        session = self.page.context.new_cdp_session(self.page)
        session.send("WebAuthn.enable")
        options |= {"protocol": "ctap2", "automaticPresenceSimulation": True}
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


#: Opens a page at an address.
OpenPage: TypeAlias = Callable[[str], SupabasePage]
