"""Where a link may lead, and the address that it is given then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hipflask.errors import ConfigError
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.glob import Glob
from hipflask.local.auth.redirect_urls import with_error, with_message, with_query
from hipflask.local.auth.redirects import is_allowed
from hipflask.local.config import AuthConfig
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.flows import ADA, confirm_ada
from tests.local.auth.mails import ReadMail
from tests.local.auth.service import AuthService


def config(*patterns: str, site_url: str = "https://shop.example") -> AuthConfig:
    return AuthConfig(site_url=site_url, additional_redirect_urls=patterns)


@pytest.mark.parametrize(
    ("site_url", "url"),
    [
        ("https://shop.example", "https://shop.example"),
        ("https://shop.example", "https://shop.example/any/path?and=query#fragment"),
        ("https://shop.example", "HTTPS://shop.example/x"),
        ("https://shop.example", "https://user@shop.example/x"),
        ("http://localhost:3000", "http://localhost:9999/x"),
        ("http://localhost:3000", "http://localhost"),
        ("http://app.localhost:3000", "http://app.localhost:1/x"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:9999/x"),
        ("https://shop.example", "http://127.0.0.1:5000/callback"),
        ("https://shop.example", "http://127.8.8.8/callback"),
        ("https://shop.example", "http://[::1]:5000/callback"),
        ("https://shop.example", "http://[::ffff:127.0.0.1]/callback"),
    ],
)
def test_own_site_and_this_machine_are_allowed(site_url: str, url: str) -> None:
    assert is_allowed(url, config(site_url=site_url))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/dashboard",
        "//evil.example",
        "https://evil.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://shop.example.evil.example",
        "https://shop.example@evil.example",
        "https://evil.example#@shop.example",
        "https://evil.example?@shop.example",
        "https://evil.example\\@shop.example",
        "https://shop.example\\@evil.example",
        "https://shop.example\\.evil.example",
        "https:/\\shop.example",
        "\thttps://shop.example",
        "https://shop.exa\nmple",
        " https://shop.example",
        "https://shop.example\x00.evil.example",
        "javascript:alert(1)",
        "javascript://shop.example/%0aalert(1)",
        "http://localhost:3000",
        "http://2130706433/",
        "http://192.168.0.1/",
        "http://0.0.0.0/",
        "http://[::1",
        "http://::1/",
        "http://[fe80::1%25eth0]/",
        "https://",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    assert not is_allowed(url, config())


@pytest.mark.parametrize(
    ("pattern", "url", "allowed"),
    [
        ("https://a.example/x", "https://a.example/x", True),
        ("https://a.example/x", "https://a.example/x/", False),
        ("https://a.example/x", "https://a.example/x?y=1", False),
        ("https://a.example/x", "https://a.example/x#y", True),
        ("https://*.a.example/x", "https://b.a.example/x", True),
        ("https://*.a.example/x", "https://c.b.a.example/x", False),
        ("https://**.a.example/x", "https://c.b.a.example/x", True),
        ("https://*.a.example/x", "https://evil.example/.a.example/x", False),
        ("https://a.example/*", "https://a.example/x", True),
        ("https://a.example/*", "https://a.example/x/y", False),
        ("https://a.example/*", "https://a.example/x.html", False),
        ("https://a.example/**", "https://a.example/x/y.html?z=1", True),
        ("https://a.example/**", "https://a.example", False),
        ("https://a?.example", "https://ab.example", True),
        ("https://a?.example", "https://a.example", False),
        ("https://[ab].example", "https://b.example", True),
        ("https://[ab].example", "https://c.example", False),
        ("https://[a-c].example", "https://b.example", True),
        ("https://[!a-c].example", "https://b.example", False),
        ("https://[!a-c].example", "https://d.example", True),
        ("https://{a,b-*}.example", "https://b-7.example", True),
        ("https://{a,b}.example", "https://c.example", False),
        ("https://a.example/\\*", "https://a.example/*", True),
        ("https://a.example/\\*", "https://a.example/x", False),
        ("myapp://callback", "myapp://callback", True),
        ("myapp://**", "myapp://callback/deep", True),
        ("**", "https://anything.example/x", True),
        ("**", "http://2130706433/", False),
        ("**", "http://10.0.0.1/", False),
        ("**", "https://a_b.example/", False),
        ("**", "https://中文.example/", False),
        ("**", "/relative", True),
        ("https://a.example", "https://a!example", False),
    ],
)
def test_patterns(pattern: str, url: str, allowed: bool) -> None:
    assert is_allowed(url, config("https://other.example", pattern)) is allowed


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("https://[ab", "[ is not closed"),
        ("https://{ab", "{ is not closed"),
        ("https://ab\\", "nothing follows the backslash"),
    ],
)
def test_broken_pattern_is_named_at_the_start(
    make_auth: MakeAuth, pattern: str, reason: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        make_auth(additional_redirect_urls=(pattern,))
    assert repr(pattern) in caught.value.message
    assert reason in caught.value.message


def test_pattern_does_not_run_away() -> None:
    assert not Glob("**".join("*a" * 40) + "b").matches("a" * 2000)


class TestWhereARequestWantsToGo:
    @pytest.fixture
    def shop(self, make_auth: MakeAuth) -> AuthService:
        auth = make_auth(
            site_url="https://shop.example", additional_redirect_urls=("https://app.example/**",)
        )
        confirm_ada(auth)
        return auth

    @staticmethod
    def target(auth: AuthService, path: str = "/recover", **headers: str) -> str:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        auth.post(path, {"email": ADA}, headers=sent)
        return ReadMail.of(auth.outbox.latest).query["redirect_to"]

    def test_site_url_is_the_usual(self, shop: AuthService) -> None:
        assert self.target(shop) == "https://shop.example"

    def test_query(self, shop: AuthService) -> None:
        path = "/recover?redirect_to=https://app.example/a"
        assert self.target(shop, path) == "https://app.example/a"

    def test_header_wins(self, shop: AuthService) -> None:
        path = "/recover?redirect_to=https://app.example/a"
        assert self.target(shop, path, redirect_to="https://app.example/b") == (
            "https://app.example/b"
        )

    def test_referer_is_next(self, shop: AuthService) -> None:
        assert self.target(shop, Referer="https://app.example/c") == "https://app.example/c"

    def test_what_is_not_allowed_is_silently_replaced(self, shop: AuthService) -> None:
        path = "/recover?redirect_to=https://evil.example"
        assert self.target(shop, path) == "https://shop.example"
        shop.clock.advance(timedelta(seconds=2))
        assert self.target(shop, path, Referer="https://app.example/d") == "https://app.example/d"


EXPIRED = AuthApiError("otp_expired", "Email link is invalid or has expired")
SAID = (
    "error=access_denied&error_code=otp_expired"
    "&error_description=Email+link+is+invalid+or+has+expired"
)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            with_error("https://a.example/x?b=2&a=1#old", EXPIRED, pkce=False),
            f"https://a.example/x?b=2&a=1#{SAID}&sb=",
        ),
        (
            with_error("https://a.example/x?b=2&error=old", EXPIRED, pkce=True),
            f"https://a.example/x?b=2&{SAID}#{SAID}&sb=",
        ),
        (
            with_error("myapp://x", AuthApiError("email_exists", "taken"), pkce=False),
            "myapp://x#error_code=email_exists&error_description=taken&sb=",
        ),
        (
            with_message("https://a.example/?z=1&b=%20", "Well done", pkce=False),
            "https://a.example/?b=+&z=1#message=Well+done&sb=",
        ),
        (
            with_message("https://a.example", "Well done", pkce=True),
            "https://a.example?message=Well+done#message=Well+done&sb=",
        ),
        (
            with_query("https://a.example/x?flow=1&code=old#top", {"code": "new"}),
            "https://a.example/x?code=new&flow=1#top",
        ),
    ],
)
def test_addresses_at_the_end(made: Any, expected: str) -> None:
    assert made == expected


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, "invalid_request"),
        (401, "unauthorized_client"),
        (403, "access_denied"),
        (500, "server_error"),
        (503, "temporarily_unavailable"),
    ],
)
def test_status_has_a_word(status: int, word: str) -> None:
    error = AuthApiError("unexpected_failure", "x", status=status)
    assert with_error("https://a.example", error, pkce=False).startswith(
        f"https://a.example#error={word}&"
    )
