"""The consent page: another application signs people in with their account here."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import psycopg
import pytest
from provider import redirected
from visitor import Page, Visitor

from hipflask.testing import SupabaseBackend

SWITCH = {"enabled": True, "allow_dynamic_registration": True}
pytestmark = pytest.mark.supabase(auth={"site_url": "http://localhost", "oauth_server": SWITCH})

BACK = "http://127.0.0.1:7777/back"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
SCOPES = "openid email profile"


@dataclass
class Application:
    """An application of somebody else, a public client."""

    backend: SupabaseBackend
    id: str

    def leave(self) -> str:
        """Lead a browser to Auth, and return where that leads to."""
        asked = {
            "client_id": self.id,
            "redirect_uri": BACK,
            "scope": SCOPES,
            "state": "s",
            "code_challenge": CHALLENGE.decode(),
            "code_challenge_method": "S256",
        }
        return redirected(f"{self.backend.url}/auth/v1/oauth/authorize?{urlencode(asked)}")

    def come_back(self, url: str) -> dict[str, str]:
        """Return what the answer brought; tokens for a code."""
        assert url.startswith(BACK)
        came = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert came["state"] == "s"
        if "error" in came:
            return came
        grant = {"grant_type": "authorization_code", "code": came["code"]}
        body = {**grant, "client_id": self.id, "code_verifier": VERIFIER}
        answer = self.backend.request("POST", "/auth/v1/oauth/token", json=body)
        tokens: dict[str, str] = answer.get_json()
        return tokens

    def userinfo(self, tokens: dict[str, str]) -> Any:
        """Ask Auth who it is."""
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        answer = self.backend.request("GET", "/auth/v1/oauth/userinfo", headers=headers)
        return answer.get_json() if answer.status_code == 200 else answer.status_code


@pytest.fixture
def calendar(backend: SupabaseBackend) -> Application:
    """An application whose name is no markup."""
    said = {
        "client_name": "Calendar & <b>Co</b>",
        "redirect_uris": [BACK],
        "token_endpoint_auth_method": "none",
    }
    answer = backend.request("POST", "/auth/v1/oauth/clients/register", json=said)
    return Application(backend, answer.get_json()["client_id"])


def consent(visitor: Visitor, application: Application) -> Page:
    """Press "sign in" there; Auth leads to the consent page."""
    page = application.leave()
    assert page.startswith("http://localhost/oauth/consent?authorization_id=")
    return visitor.open(page)


def leaves_for(page: Page) -> str:
    """Return where the page leads on to, by itself and by its button."""
    seconds, _, url = page.response.headers["Refresh"].partition("; url=")
    assert (page.status, seconds) == (200, "0")
    assert page.links["Go on"] == url
    assert "no-store" in page.response.headers["Cache-Control"]
    return url


def test_allowed(member: Visitor, calendar: Application) -> None:
    page = consent(member, calendar)
    assert "Let Calendar & <b>Co</b> in?" in page.text
    assert "ada@example.com" in page.text
    assert "your e-mail address your name and picture" in page.text
    assert "The answer goes to 127.0.0.1:7777." in page.text
    tokens = calendar.come_back(leaves_for(member.press("Allow")))
    assert calendar.userinfo(tokens)["email"] == "ada@example.com"
    # the second time nobody is asked
    again = calendar.come_back(leaves_for(consent(member, calendar)))
    assert calendar.userinfo(again)["email"] == "ada@example.com"


def test_denied(member: Visitor, calendar: Application) -> None:
    consent(member, calendar)
    came = calendar.come_back(leaves_for(member.press("Deny")))
    assert came["error"] == "access_denied"
    assert "Calendar" not in member.open("/account/identities").text


def test_signing_in_comes_first(
    visitor: Visitor, backend: SupabaseBackend, calendar: Application
) -> None:
    backend.create_user("grace@example.com", password="correct horse battery")
    page = consent(visitor, calendar)
    assert page.path.startswith("/login?next=")
    page = visitor.press("Sign in", email="grace@example.com", password="correct horse battery")
    assert "grace@example.com" in page.text
    tokens = calendar.come_back(leaves_for(visitor.press("Allow")))
    assert calendar.userinfo(tokens)["email"] == "grace@example.com"


def test_ended_under_linked_accounts(member: Visitor, calendar: Application) -> None:
    consent(member, calendar)
    tokens = calendar.come_back(leaves_for(member.press("Allow")))
    page = member.open("/account/identities")
    assert "Calendar & <b>Co</b> Let in" in page.text
    page = member.press("End access")
    assert "It no longer has access to your account." in page.text
    assert "Calendar" not in page.text
    assert calendar.userinfo(tokens) == 403
    log = member.open("/account/activity").text
    assert "Calendar & <b>Co</b> was let in" in log
    assert "Access of Calendar & <b>Co</b> ended" in log


def test_ended_twice(member: Visitor, calendar: Application) -> None:
    consent(member, calendar)
    member.press("Allow")
    page = member.open("/account/identities")
    form = page.form("End access")
    member.press("End access")
    answer = member.client.post(form.action, data=form.fields, follow_redirects=True)
    assert "It had no access any more." in Page(answer).text


def test_answered_twice(member: Visitor, calendar: Application) -> None:
    page = consent(member, calendar)
    form = page.form("Deny")
    sent = {**form.fields, **form.buttons["Deny"]}
    member.press("Deny")
    again = Page(member.client.post(form.action, data=sent))
    assert (again.status, "This request is over" in again.text) == (410, True)
    assert "Refresh" not in again.response.headers


def test_somebody_elses(
    member: Visitor,
    backend: SupabaseBackend,
    calendar: Application,
    new_visitor: Callable[..., Visitor],
) -> None:
    page = consent(member, calendar)
    backend.create_user("eve@example.com", password="correct horse battery")
    eve = new_visitor()
    eve.sign_in("eve@example.com", "correct horse battery")
    seen = eve.open(page.path)
    assert (seen.status, "There is no such request" in seen.text) == (404, True)


def test_another_site_cannot_press_the_button(member: Visitor, calendar: Application) -> None:
    form = consent(member, calendar).form("Allow")
    sent = {"authorization_id": form.fields["authorization_id"], "decision": "allow"}
    assert member.client.post(form.action, data=sent).status_code == 400
    assert member.open("/account/identities").text.count("Calendar") == 0


@pytest.mark.parametrize("address", ["javascript:alert(1)//x", "data:text/html,x", "//x"])
def test_an_address_that_a_browser_would_run_is_no_link(
    member: Visitor, backend: SupabaseBackend, calendar: Application, address: str
) -> None:
    consent(member, calendar)
    with psycopg.connect(backend.database_url) as connection:  # Auth itself registers none
        connection.execute("update auth.oauth_authorizations set redirect_uri = %s", (address,))
    page = member.press("Allow")
    assert (page.status, "That is not possible right now" in page.text) == (503, True)
    assert "Refresh" not in page.response.headers
    assert address not in page.html


@pytest.mark.parametrize("query", ["", "?authorization_id=", "?authorization_id=..%2F..%2Fuser"])
def test_no_request(member: Visitor, query: str) -> None:
    page = member.open(f"/oauth/consent{query}")
    assert (page.status, "There is no such request" in page.text) == (404, True)


@pytest.mark.supabase(auth={"oauth_server": {"enabled": False}})
def test_switched_off(member: Visitor) -> None:
    assert member.open("/oauth/consent?authorization_id=x").status == 404
    assert member.open("/account/identities").status == 200


def test_too_late(member: Visitor, backend: SupabaseBackend, calendar: Application) -> None:
    page = consent(member, calendar)
    backend.clock.advance(minutes=11)
    assert member.open(page.path).status == 404
