"""Links that an attacker made: nobody is signed in as somebody else without having been asked."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from tests.browser.live_app import LiveApp
from tests.browser.visitor import Visitor


@pytest.fixture
def tokens(live: LiveApp) -> dict[str, str]:
    """The attacker's own session, for a link."""
    eve = live.backend.signed_in("eve@example.com")
    return {"access_token": eve.access_token, "refresh_token": eve.refresh_token}


@pytest.mark.parametrize("path", ["/auth/callback", "/users/reset-password", "/"])
def test_fragment_signs_nobody_in_unasked(
    live: LiveApp, visit: Callable[..., Visitor], tokens: dict[str, str], path: str
) -> None:
    """What else the address says may not stand in for the press."""
    person = visit(live.url)
    person.expected_statuses = {400}
    for kind in ("signup", "recovery", "invite", ""):
        fields = urlencode({**tokens, "type": kind})
        for address in (
            f"{path}#{fields}",
            f"{path}?continue=yes&proof=x&submit=x#continue=yes&{fields}",
        ):
            person.goto("about:blank")
            person.goto(live.url + address)
            person.page.wait_for_url(lambda url: "access_token" not in url)
            person.page.wait_for_load_state("networkidle")
            if kind in ("signup", ""):
                assert person.heading() == "Continue as eve@example.com"
            person.goto("/dashboard")
            assert person.path == "/login"


@pytest.mark.parametrize("path", ["/auth/callback", "/auth/confirm", "/"])
def test_tokens_in_the_query_say_whose_they_are(
    live: LiveApp, visit: Callable[..., Visitor], tokens: dict[str, str], path: str
) -> None:
    person = visit(live.url)
    person.goto(f"{path}?{urlencode(tokens)}")
    assert person.heading() == "Continue as eve@example.com"
    person.press("Continue")
    assert person.path == "/dashboard"
