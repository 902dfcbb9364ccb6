"""What the contract tests of OAuth share: providers on the loopback address, and the way there.

A test names its fixture ``provider``; the backend is made after it and knows them by their names.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hipflask.local.config.auth import ExternalConfig
from hipflask.protocol.clock import SystemClock
from tests.contract.links import redirect_of
from tests.local.auth.external.loopback_provider import CLIENT, SECRET, Provider, running

SITE = "http://127.0.0.1:8080"
HOME = f"{SITE}/auth/callback"
#: Two that only config.toml knows, and two that GoTrue knows: supabase-py takes no other names.
NAMES = ("acme", "beta", "keycloak", "gitlab")


def serve(node: pytest.Item) -> Iterator[Provider]:
    """Serve the providers for one test and tell its backend about them."""
    with running(SystemClock()) as provider:
        external = {
            name: ExternalConfig(
                enabled=True, client_id=CLIENT, secret=SECRET, url=provider.issuer(name)
            )
            for name in NAMES
        }
        auth = {
            "site_url": SITE,
            "additional_redirect_urls": (f"{SITE}/**",),
            "email": {"enable_confirmations": True},
            "enable_manual_linking": True,
            "external": external,
        }
        node.add_marker(pytest.mark.supabase(auth=auth))
        yield provider


def go(url: str) -> str:
    """Follow an authorize address over the provider, which says yes, and return the end of it."""
    came_back = redirect_of(url if "/auth/v1/" not in url else redirect_of(url))
    return redirect_of(came_back)
