"""@supabase/supabase-js in Chromium: second factors by security key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.contract.second_factors import SETTINGS
from tests.contract.supabase_page import OpenPage, SupabasePage, empty_site

pytestmark = pytest.mark.supabase(auth=SETTINGS)
ADA = {"email": "ada@example.com", "password": "correct horse battery"}


@pytest.fixture(autouse=True)
def home(request: pytest.FixtureRequest) -> Iterator[str]:
    """The project's site; its backend is made after it."""
    with empty_site() as origin:
        party = SETTINGS["webauthn"] | {"rp_origins": (origin,)}
        request.node.add_marker(pytest.mark.supabase(auth={"webauthn": party}))
        yield origin


@pytest.fixture
def open_page(open_page: OpenPage) -> OpenPage:
    """Opens pages with the client and a security key."""

    def open_at(url: str) -> SupabasePage:
        page = open_page(url)
        page.plug_in_security_key()
        return page

    return open_at


@pytest.fixture
def ada(open_page: OpenPage, home: str) -> SupabasePage:
    """A page of the project's site, signed up."""
    page = open_page(home)
    page("auth.signUp", ADA)
    return page


def levels(page: SupabasePage) -> tuple[str, str]:
    found = page("auth.mfa.getAuthenticatorAssuranceLevel")
    return found["currentLevel"], found["nextLevel"]


def register(page: SupabasePage) -> Any:
    page("auth.mfa.webauthn.register", {"friendlyName": "key"})
    (factor,) = page("auth.mfa.listFactors")["webauthn"]
    return factor


def test_register_and_authenticate(ada: SupabasePage) -> None:
    factor = register(ada)
    assert (factor["friendly_name"], factor["status"]) == ("key", "verified")
    assert levels(ada) == ("aal2", "aal2")
    for _ in range(2):
        ada("auth.signInWithPassword", ADA)
        assert levels(ada) == ("aal1", "aal2")
        ada("auth.mfa.webauthn.authenticate", {"factorId": factor["id"]})
        assert levels(ada) == ("aal2", "aal2")
    methods = ada("auth.mfa.getAuthenticatorAssuranceLevel")["currentAuthenticationMethods"]
    assert {one["method"] for one in methods} == {"mfa/webauthn", "password"}
    assert ada("auth.mfa.unenroll", {"factorId": factor["id"]}) == {"id": factor["id"]}
    assert ada("auth.mfa.listFactors")["all"] == []


def test_step_by_step(ada: SupabasePage) -> None:
    """As a page does that asks and answers by itself; a credential cannot leave the browser."""
    level = ada.page.evaluate(
        """async () => {
          const { mfa } = window.client.auth;
          const enrolled = await mfa.webauthn.enroll({ friendlyName: 'key' });
          const factorId = enrolled.data.id;
          const webauthn = { rpId: 'localhost', rpOrigins: [location.origin] };
          const asked = await mfa.webauthn.challenge({ factorId, webauthn });
          const shown = { ...asked.data, webauthn: { ...webauthn, ...asked.data.webauthn } };
          const verified = await mfa.webauthn.verify(shown);
          if (verified.error) throw verified.error;
          return (await mfa.getAuthenticatorAssuranceLevel()).data.currentLevel;
        }"""
    )
    assert level == "aal2"


def test_a_name_is_taken_once(ada: SupabasePage) -> None:
    register(ada)
    again = ada.error("auth.mfa.webauthn.register", {"friendlyName": "key"})
    assert again["code"] == "mfa_factor_name_conflict"


def test_another_page_is_refused(open_page: OpenPage) -> None:
    """The browser lets a page on another port try; the server knows where its pages are."""
    with empty_site() as origin:
        page = open_page(origin)
        page("auth.signUp", ADA)
        refused = page.error("auth.mfa.webauthn.register", {"friendlyName": "key"})
        assert refused["code"] == "mfa_verification_failed"
        assert levels(page) == ("aal1", "aal1")


def test_a_key_that_was_never_touched(ada: SupabasePage) -> None:
    made = ada("auth.mfa.webauthn.enroll", {"friendlyName": "key"})
    listed = ada("auth.mfa.listFactors")
    assert [(one["id"], one["status"]) for one in listed["all"]] == [(made["id"], "unverified")]
    assert listed["webauthn"] == []
    assert levels(ada) == ("aal1", "aal1")


def test_a_factor_of_nobody(ada: SupabasePage) -> None:
    unknown = "3f0a4c1e-0000-4000-8000-000000000000"
    party = {"rpId": "localhost", "rpOrigins": ["http://localhost"]}
    for error in (
        ada.error("auth.mfa.webauthn.authenticate", {"factorId": unknown}),
        ada.error("auth.mfa.webauthn.challenge", {"factorId": unknown, "webauthn": party}),
    ):
        assert (error["status"], error["code"]) == (404, "mfa_factor_not_found")
