"""`hip.auth.oauth`: what begins a sign-in with a provider, and what may end one."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import psycopg
import pytest

from hipflask import errors
from hipflask.kit.auth.flows import Flows, challenge_of
from hipflask.kit.auth.oauth_trace import OAuthTrace, masked, masked_url
from hipflask.local.config.auth import ExternalConfig
from hipflask.testing import SupabaseBackend
from starter.tests.provider import at_provider
from tests.kit.auth.conftest import SITE, Browser, Site

pytestmark = pytest.mark.supabase(auth={"site_url": SITE})


@pytest.fixture
def shop(make_site: Callable[..., Site]) -> Site:
    """A site with the two ends of a sign-in."""
    site = make_site()
    oauth = site.state.auth.oauth

    @site.app.get("/begin/<provider>")
    def begin(provider: str) -> dict[str, Any]:
        return {"url": oauth.begin(provider, "/wanted")}

    @site.app.get("/auth/callback")
    def back() -> dict[str, Any]:
        from flask import request

        try:
            outcome = oauth.finish(request.args)
        except errors.OAuthRefused as error:
            return {"refused": error.reason, "provider": error.provider}
        return {"user": outcome.user.email, "next": outcome.next}

    return site


def begin(tab: Browser, provider: str = "google") -> str:
    url: str = tab.get(f"/begin/{provider}")["url"]
    return url


def come_back(tab: Browser, url: str) -> dict[str, Any]:
    return tab.get("/auth/callback", **dict(parse_qsl(urlsplit(url).query)))


def test_address_and_verifier(shop: Site, backend: SupabaseBackend) -> None:
    url = begin(shop.browser())
    query = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{backend.url}/auth/v1/authorize?")
    assert query["code_challenge_method"] == ["s256"]
    assert len(query["code_challenge"][0]) == 43
    assert query["redirect_to"][0].startswith(f"{SITE}/auth/callback?flow=oauth-")
    with psycopg.connect(backend.database_url) as connection:
        row = connection.execute("select purpose, email, verifier from hipflask.auth_flows")
        purpose, email, sealed = row.fetchone() or ("", "", "")
    assert (purpose, email, sealed[:3]) == ("oauth", "", "v1.")


def test_allowed(shop: Site) -> None:
    tab = shop.browser()
    answer = come_back(tab, at_provider(begin(tab)))
    assert answer == {"user": "ada@example.com", "next": "/wanted"}
    assert tab.who == "ada@example.com"


@pytest.mark.supabase(
    auth={"external": {"azure": ExternalConfig(True), "keycloak": ExternalConfig(True)}}
)
@pytest.mark.parametrize("provider", ["azure", "keycloak"])
def test_providers_are_asked_for_the_address(shop: Site, provider: str) -> None:
    """Azure tells it only to who asks, and Auth does not by itself."""
    tab = shop.browser()
    answer = come_back(tab, at_provider(begin(tab, provider), person="grace"))
    assert answer == {"user": "grace@example.com", "next": "/wanted"}


def test_another_browser(shop: Site) -> None:
    attacker, victim = shop.browser(), shop.browser()
    back = at_provider(begin(attacker))
    assert come_back(victim, back) == {"refused": "other_browser", "provider": ""}
    begin(victim)
    assert come_back(victim, back)["refused"] == "other_browser"
    assert victim.who is None
    assert come_back(attacker, back)["user"] == "ada@example.com"


def test_code_of_another_flow(shop: Site) -> None:
    """Somebody else's code put into one's own flow: the verifier does not fit."""
    attacker, victim = shop.browser(), shop.browser()
    theirs = dict(parse_qsl(urlsplit(at_provider(begin(attacker))).query))
    mine = dict(parse_qsl(urlsplit(at_provider(begin(victim), person="grace")).query))
    answer = victim.get("/auth/callback", flow=mine["flow"], code=theirs["code"])
    assert answer == {"refused": "unknown", "provider": "google"}
    assert victim.who is None


def test_once(shop: Site) -> None:
    tab = shop.browser()
    back = at_provider(begin(tab))
    come_back(tab, back)
    assert come_back(tab, back)["refused"] == "used"


def test_denied_is_over(shop: Site) -> None:
    tab = shop.browser()
    back = at_provider(begin(tab), decision="deny")
    assert come_back(tab, back)["refused"] == "denied"
    flow = parse_qs(urlsplit(back).query)["flow"][0]
    assert tab.get("/auth/callback", flow=flow, code="x", error="")["refused"] == "used"


def test_ten_minutes(shop: Site, backend: SupabaseBackend) -> None:
    tab = shop.browser()
    back = at_provider(begin(tab))
    backend.clock.advance(minutes=10, seconds=1)
    assert come_back(tab, back)["refused"] == "expired"


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"flow": ""},
        {"flow": "oauth-x", "code": "x"},
        {"flow": "x" * 5000, "code": "x"},
        {"code": "x"},
        {"error": "access_denied"},
        {"flow": "\x00", "code": "\x00"},
    ],
)
def test_forged(shop: Site, query: dict[str, str]) -> None:
    tab = shop.browser()
    assert tab.get("/auth/callback", **query)["refused"] == "unknown"
    assert tab.who is None


def test_no_code(shop: Site) -> None:
    tab = shop.browser()
    flow = parse_qs(urlsplit(at_provider(begin(tab))).query)["flow"][0]
    assert tab.get("/auth/callback", flow=flow)["refused"] == "unknown"
    assert tab.get("/auth/callback", flow=flow, code="\ud7ff")["refused"] != ""


def test_flow_of_a_mail_is_no_flow_of_a_provider(shop: Site, ann: str) -> None:
    tab = shop.browser()
    state = shop.state
    mails = Flows(state.db, state.sealer, state.clock, os.urandom, pkce=True)
    flow = mails.begin("magiclink", ann).id
    assert tab.get("/auth/callback", flow=flow, code="x")["refused"] == "unknown"
    answer = tab.send("/auth/confirm", flow=begin(tab).split("flow%3D")[1][:28], code="x")
    assert answer == {"error": "LinkUnusable", "reason": "unknown_flow"}


def test_auth_is_away(shop: Site, backend: SupabaseBackend) -> None:
    tab = shop.browser()
    back = at_provider(begin(tab))
    backend.close_port()
    assert come_back(tab, back)["refused"] == "provider_down"
    backend.clock.advance(minutes=2)
    assert shop.state.auth.oauth.providers() == ()
    assert tab.who is None


def test_earlier_session_is_replaced(shop: Site, ann: str) -> None:
    from tests.kit.auth.conftest import PASSWORD

    tab = shop.browser()
    tab.send("/login", email=ann, password=PASSWORD)
    before = tab.cookie
    come_back(tab, at_provider(begin(tab)))
    assert tab.who == "ada@example.com"
    tab.client.set_cookie("__session", before, domain="127.0.0.1")
    assert tab.who is None


def test_providers_are_asked_once_a_minute(
    shop: Site, backend: SupabaseBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = shop.state.client.call

    def call(method: str, path: str, *rest: Any, **options: Any) -> Any:
        asked.append(path)
        return real(method, path, *rest, **options)

    monkeypatch.setattr(shop.state.client, "call", call)
    for _ in range(3):
        assert shop.state.auth.oauth.providers() == ("google", "github")
    backend.clock.advance(minutes=1)
    shop.state.auth.oauth.providers()
    assert asked == ["/settings", "/settings"]


def test_trace_masks() -> None:
    trace = OAuthTrace(on=True)
    verifier = "v" * 43
    trace.begin(
        "oauth-1234567890abcdef",
        "google",
        "/auth/oauth/google",
        "http://a/authorize?redirect_to=http://s/auth/callback?flow=oauth-1234567890abcdef"
        f"&code_challenge={challenge_of(verifier)}",
        verifier,
    )
    assert "1234567890abcdef" not in repr(trace.last)
    assert verifier not in repr(trace.last)
    trace.end("another flow", "denied")
    assert trace.last is not None
    assert trace.last.outcome == ""
    assert masked("short") == "…"
    assert masked_url("http://s/?code=0123456789abcdef#secret") == "http://s/?code=012345…"


def test_trace_is_off() -> None:
    trace = OAuthTrace(on=False)
    trace.begin("oauth-1", "google", "/auth/oauth/google", "http://a/", "v")
    trace.end("oauth-1", "denied")
    assert trace.last is None
