"""@supabase/supabase-js in Chromium: passkeys in one call each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.supabase_page import OpenPage, SupabasePage, empty_site
from tests.local.auth.passkeys.conftest import ON

pytestmark = pytest.mark.supabase(auth={**ON, "email": {"enable_confirmations": False}})
ADA = {"email": "ada@example.com", "password": "correct horse battery"}


@pytest.fixture(autouse=True)
def home(request: pytest.FixtureRequest) -> Iterator[str]:
    """The project's site; its backend is made after it."""
    with empty_site() as origin:
        party = ON["webauthn"] | {"rp_origins": (origin,)}
        request.node.add_marker(pytest.mark.supabase(auth={"webauthn": party}))
        yield origin


@pytest.fixture
def open_page(open_page: OpenPage) -> OpenPage:
    """Opens pages with the client and a device that keeps passkeys."""

    def open_at(url: str) -> SupabasePage:
        page = open_page(url)
        page.keep_passkeys()
        return page

    return open_at


def test_registers_and_signs_in_without_a_name(open_page: OpenPage, home: str) -> None:
    page = open_page(home)
    user = page("auth.signUp", ADA)["user"]
    made = page("auth.registerPasskey")
    assert [one["id"] for one in page("auth.passkey.list")] == [made["id"]]
    page("auth.signOut")
    assert page("auth.signInWithPasskey")["user"]["id"] == user["id"]
    (entry,) = page("auth.getClaims")["claims"]["amr"]
    assert entry["method"] == "passkey"
    page("auth.passkey.delete", {"passkeyId": made["id"]})
    gone = page.error("auth.signInWithPasskey")
    assert (gone["status"], gone["code"]) == (400, "webauthn_verification_failed")


def test_a_device_registers_once(open_page: OpenPage, home: str) -> None:
    page = open_page(home)
    page("auth.signUp", ADA)
    page("auth.registerPasskey")
    assert page.error("auth.registerPasskey")["name"] == "InvalidStateError"
    assert len(page("auth.passkey.list")) == 1


def test_another_page_is_refused(open_page: OpenPage) -> None:
    """The browser lets a page on another port try; the server knows where its pages are."""
    with empty_site() as origin:
        page = open_page(origin)
        page("auth.signUp", ADA)
        refused = page.error("auth.registerPasskey")
        assert (refused["status"], refused["code"]) == (400, "webauthn_verification_failed")
        assert page("auth.passkey.list") == []
