"""Which addresses of the OAuth server need no API key."""

from __future__ import annotations

import pytest

from hipflask.local.gateway.app import OPEN_PATHS


@pytest.mark.parametrize(
    ("path", "is_open"),
    [
        ("authorize", True),
        ("token", True),
        ("userinfo", True),
        ("clients/register", True),
        ("authorizations/x", False),
        ("authorizations/x/consent", False),
    ],
)
def test_applications_need_no_key_and_the_consent_page_does(path: str, is_open: bool) -> None:
    assert f"/auth/v1/oauth/{path}".startswith(OPEN_PATHS) is is_open
