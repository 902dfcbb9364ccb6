"""@supabase/supabase-js in Chromium: it takes the session out of the address of a link."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.supabase_page import OpenPage, empty_site

EMAIL = "ann@example.com"


@pytest.fixture(autouse=True)
def home(request: pytest.FixtureRequest) -> Iterator[str]:
    """The project's site; its backend is made after it."""
    with empty_site() as origin:
        request.node.add_marker(pytest.mark.supabase(auth={"site_url": origin}))
        yield origin


def test_a_link_signs_in_once(open_page: OpenPage, backend: SupabaseBackend, home: str) -> None:
    backend.create_user(EMAIL)
    open_page(home)("auth.signInWithOtp", {"email": EMAIL})
    link = backend.mailbox.latest(to=EMAIL).link
    page = open_page(link)
    page("auth.initialize")
    assert page("auth.getUser")["user"]["email"] == EMAIL
    assert page.page.url == f"{home}/#"  # the tokens have left the address
    again = open_page(link)
    assert again.error("auth.initialize")["name"] == "AuthImplicitGrantRedirectError"
    assert again("auth.getSession")["session"] is None
