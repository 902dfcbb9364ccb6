"""The start page."""

from __future__ import annotations

from visitor import Visitor


def test_leads_to_sign_up_and_sign_in(visitor: Visitor) -> None:
    page = visitor.open("/")
    assert page.status == 200
    assert page.links["Create account"] == "/signup"
    assert page.links["Sign in"] == "/login"


def test_leads_a_member_to_the_dashboard(member: Visitor) -> None:
    assert member.open("/").links["Open the dashboard"] == "/dashboard"


def test_passes_a_stray_link_on(visitor: Visitor) -> None:
    page = visitor.open("/?code=ad5e7f5c-52a3-41a5-a5a7-8be1d2bb0001&_external=1&endpoint=x")
    assert page.path.startswith("/auth/callback")
    assert page.status == 200
    page.form("Continue")


def test_loads_nothing_from_elsewhere(visitor: Visitor) -> None:
    page = visitor.open("/")
    policy = page.response.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    for forbidden in (" style=", "<style", " onclick=", "<script>", 'src="http', 'href="http'):
        assert forbidden not in page.html
