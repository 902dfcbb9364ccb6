"""Signing in with a provider, through the stand-in that answers in tests."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from provider import at_provider, from_provider, redirected, to_provider
from visitor import Page, Visitor

from hipflask.testing import SupabaseBackend

# Auth leads back to no other site than this one.
pytestmark = pytest.mark.supabase(auth={"site_url": "http://localhost"})

GOOGLE = "Continue with Google"
GITHUB = "Continue with GitHub"


def way_back(visitor: Visitor, button: str = GOOGLE, **choice: str) -> str:
    """Begin on the sign-in page, choose at the provider, and return where it leads back to."""
    page = visitor.open("/login?next=/files")
    answer = visitor.client.get(page.links[button])
    assert answer.status_code == 303
    return at_provider(answer.location, **choice)


def who(visitor: Visitor) -> str:
    """Return the signed-in address, or nothing."""
    answer = visitor.client.get("/account/email", follow_redirects=True)
    page = Page(answer)
    return next((word for word in page.text.split() if "@" in word), "")


def test_only_what_is_enabled_is_offered(visitor: Visitor) -> None:
    for path in ("/login", "/signup"):
        offered = [name for name in visitor.open(path).links if name.startswith("Continue")]
        assert offered == [GOOGLE, GITHUB]


def test_allowed(visitor: Visitor, backend: SupabaseBackend) -> None:
    page = visitor.open(way_back(visitor))
    assert page.path.startswith("/files")
    assert "Welcome. You are signed in." in page.text


def test_denied(visitor: Visitor) -> None:
    page = visitor.open(way_back(visitor, decision="deny"))
    assert (page.status, "You were not signed in" in page.text) == (403, True)
    assert "Try again" in page.links
    assert visitor.client.get("/dashboard").status_code == 303


def test_provider_is_down(visitor: Visitor) -> None:
    for failure in ("server_error", "temporarily_unavailable", "token_down"):
        page = visitor.open(way_back(visitor, failure=failure))
        assert (page.status, "does not answer right now" in page.text) == (503, True)
        assert visitor.client.get("/dashboard").status_code == 303


@pytest.mark.supabase(auth={"enable_signup": False})
def test_sign_up_is_closed(visitor: Visitor) -> None:
    page = visitor.open(way_back(visitor))
    assert (page.status, "There is no account for you yet" in page.text) == (403, True)
    assert visitor.client.get("/dashboard").status_code == 303


def test_locked_account(visitor: Visitor, backend: SupabaseBackend) -> None:
    person = backend.create_user("ada@example.com")
    headers = {"apikey": backend.secret_key}
    path = f"/auth/v1/admin/users/{person.id}"
    banned = backend.request("PUT", path, json={"ban_duration": "24h"}, headers=headers)
    assert banned.status_code == 200
    page = visitor.open(way_back(visitor))
    assert (page.status, "This account is locked" in page.text) == (403, True)
    assert visitor.client.get("/dashboard").status_code == 303


def test_unverified_address(visitor: Visitor) -> None:
    page = visitor.open(way_back(visitor, person="mallory"))
    assert page.status == 403
    assert "Google has not verified your address" in page.text
    assert visitor.client.get("/dashboard").status_code == 303


def test_another_browser_gets_nothing(
    visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    """The attacker's own way back, opened by somebody else (login CSRF)."""
    back = way_back(visitor)
    victim = new_visitor()
    victim.open("/login")
    page = victim.open(back)
    assert (page.status, "begun elsewhere" in page.text) == (400, True)
    assert victim.client.get("/dashboard").status_code == 303
    assert visitor.open(back).path.startswith("/files"), "the one who began still may"


def test_replayed(visitor: Visitor) -> None:
    back = way_back(visitor)
    visitor.open(back)
    visitor.open("/dashboard")
    visitor.press("Sign out")
    page = visitor.open(back)
    assert (page.status, "This sign-in is over" in page.text) == (410, True)
    assert visitor.client.get("/dashboard").status_code == 303


def test_too_late(visitor: Visitor, backend: SupabaseBackend) -> None:
    back = way_back(visitor)
    backend.clock.advance(minutes=11)
    page = visitor.open(back)
    assert (page.status, "This sign-in is over" in page.text) == (410, True)


def test_too_long_at_the_provider(visitor: Visitor, backend: SupabaseBackend) -> None:
    url = to_provider(visitor.client.get("/auth/oauth/google").location)
    backend.clock.advance(minutes=6)  # Auth remembers for five, and no longer knows whom it leads
    page = visitor.open(from_provider(url))
    assert (page.status, "This sign-in is over" in page.text) == (410, True)


def test_way_back_to_auth_taken_twice(visitor: Visitor) -> None:
    visitor.open("/login")
    at_auth: list[str] = []
    back = from_provider(
        to_provider(visitor.client.get("/auth/oauth/google").location), seen=at_auth
    )
    again = redirected(at_auth[0])
    page = visitor.open(again)
    assert (page.status, "This sign-in is over" in page.text) == (410, True)
    assert "Welcome" in visitor.open(back).text, "the first one is as good as before"


def test_forged(visitor: Visitor) -> None:
    code = parse_qs(urlsplit(way_back(visitor)).query)["code"][0]
    for flow in ("oauth-x", "oauth-", "oauth-" + "A" * 22):
        page = visitor.open(f"/auth/callback?code={code}&flow={flow}")
        assert (page.status, "You were not signed in" in page.text) == (400, True)
    page = visitor.open("/?error=invalid_request&error_code=bad_oauth_state")
    assert (page.status, "You were not signed in" in page.text) == (400, True)
    assert visitor.client.get("/dashboard").status_code == 303


def test_unknown_provider(visitor: Visitor) -> None:
    page = visitor.open("/auth/oauth/nobody")
    assert (page.status, "not available" in page.text) == (404, True)


def test_next_is_a_page_of_this_site(visitor: Visitor) -> None:
    visitor.open("/login")
    answer = visitor.client.get("/auth/oauth/google?next=https://evil.example/")
    page = visitor.open(at_provider(answer.location))
    assert page.path.startswith("/dashboard")


def test_the_earlier_session_is_replaced(member: Visitor) -> None:
    before = member.client.get_cookie("__session")
    answer = member.client.get("/auth/oauth/google")
    member.open(at_provider(answer.location, person="grace"))
    after = member.client.get_cookie("__session")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    assert who(member) == "grace@example.com"
    member.client.set_cookie("__session", before.value)
    assert member.client.get("/dashboard").status_code == 303


def test_in_chinese(new_visitor: Callable[..., Visitor]) -> None:
    visitor = new_visitor(language="zh-Hans")
    assert "使用 Google 继续" in visitor.open("/login").links


def test_without_auth_the_form_is_still_there(visitor: Visitor, backend: SupabaseBackend) -> None:
    backend.close_port()
    page = visitor.open("/login")
    assert page.status == 200
    assert GOOGLE not in page.links
