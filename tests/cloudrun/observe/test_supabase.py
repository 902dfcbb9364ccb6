"""What a Supabase project tells everybody: asked of the real Auth, over HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hipflask.cloudrun.doctor.facts import Cause, Supabase, Unseen
from hipflask.cloudrun.observe.supabase import PATHS, find_supabase
from hipflask.testing import SupabaseBackend

SITE = "https://shop.example.com"
Answering = Callable[[int, str], str]


def look(backend: SupabaseBackend, *, key: str | None = None, site_url: str = SITE) -> Supabase:
    """Ask the project and expect an answer."""
    found = find_supabase(backend.url, key or backend.publishable_key, {}, site_url=site_url)
    assert isinstance(found, Supabase), found
    return found


@pytest.fixture
def answering() -> Iterator[Answering]:
    """Start a gateway in front of a project that is away; it says one thing to everybody."""
    servers: list[ThreadingHTTPServer] = []

    def start(status: int, text: str) -> str:
        class Gateway(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status, "Away")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                """Write no log."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_reads_what_is_public(backend: SupabaseBackend) -> None:
    found = look(backend)
    assert found.version == "hipflask"
    assert found.algorithms == {"ES256"}
    assert not isinstance(found.settings, Unseen)
    assert (found.settings.signup, found.settings.confirmations) == (True, True)
    assert found.settings.providers == {"email", "google", "github"}


@pytest.mark.supabase(auth={"enable_signup": False, "email": {"enable_confirmations": False}})
def test_reads_what_is_off(backend: SupabaseBackend) -> None:
    found = look(backend).settings
    assert not isinstance(found, Unseen)
    assert (found.signup, found.confirmations) == (False, False)


@pytest.mark.supabase(auth={"site_url": "http://localhost:3000", "additional_redirect_urls": []})
def test_finds_redirects_that_are_not_allowed(backend: SupabaseBackend) -> None:
    found = look(backend)
    assert found.redirects == {f"{SITE}{path}": False for path in PATHS}
    assert found.site_url == "http://localhost:3000"


@pytest.mark.supabase(auth={"site_url": SITE, "additional_redirect_urls": []})
def test_the_site_itself_is_allowed(backend: SupabaseBackend) -> None:
    found = look(backend)
    assert found.redirects == {f"{SITE}{path}": True for path in PATHS}
    assert found.site_url == SITE


@pytest.mark.supabase(
    auth={"site_url": "http://localhost:3000", "additional_redirect_urls": [f"{SITE}/auth/confirm"]}
)
def test_an_entry_without_a_pattern_does_not_take_the_query(backend: SupabaseBackend) -> None:
    """The application's links have one: `?flow=…`."""
    assert look(backend).redirects == {f"{SITE}{path}": False for path in PATHS}


@pytest.mark.supabase(auth={"additional_redirect_urls": ["https://**"]})
def test_finds_a_list_that_allows_everything(backend: SupabaseBackend) -> None:
    found = look(backend)
    assert found.any_site
    assert found.site_url == ""


def test_asks_for_no_redirect_without_an_address(backend: SupabaseBackend) -> None:
    assert isinstance(look(backend, site_url="").redirects, Unseen)


def test_sends_no_mail(backend: SupabaseBackend) -> None:
    look(backend)
    assert len(backend.mailbox) == 0


def test_finds_a_key_of_another_project(backend: SupabaseBackend) -> None:
    found = look(backend, key="sb_publishable_abcdefghijklmnopqrstuv_abcdefgh")
    assert isinstance(found.settings, Unseen)
    assert found.settings.cause is Cause.DENIED
    # What needs no key is seen all the same.
    assert found.algorithms == {"ES256"}


@pytest.mark.parametrize(
    ("status", "text", "cause"),
    [
        (540, "", Cause.PAUSED),
        (402, '{"message": "exceed_egress_quota"}', Cause.RESTRICTED),
        (503, '{"message": "upstream"}', Cause.UNREACHABLE),
        (521, "<html>Web server is down</html>", Cause.UNREACHABLE),
    ],
)
def test_tells_how_a_project_is_away(
    answering: Answering, status: int, text: str, cause: Cause
) -> None:
    found = find_supabase(answering(status, text), "sb_publishable_x", {}, site_url=SITE)
    assert isinstance(found, Unseen)
    assert found.cause is cause


def test_an_auth_without_keys_signs_by_secret(answering: Answering) -> None:
    found = find_supabase(answering(404, ""), "sb_publishable_x", {}, site_url=SITE)
    assert isinstance(found, Supabase)
    assert found.algorithms == frozenset()
    assert isinstance(found.redirects, Unseen)


def test_a_name_that_is_gone_means_a_paused_project(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_such_name(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    # No name server is asked in a test.
    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    found = find_supabase("https://paused.supabase.co", "sb_publishable_x", {}, site_url=SITE)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.PAUSED


def test_a_port_where_nobody_listens(backend: SupabaseBackend) -> None:
    found = find_supabase("http://127.0.0.1:9", "sb_publishable_x", {}, site_url=SITE)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.UNREACHABLE


@pytest.mark.parametrize("url", ["", "abcdefghijklmnopqrst.supabase.co"])
def test_asks_nobody_without_an_address(url: str) -> None:
    found = find_supabase(url, "", {}, site_url=SITE)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.NOT_ASKED
