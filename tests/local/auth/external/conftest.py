"""A provider on the loopback address, and an Auth app that sends people there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from hipflask.local.config.auth import ExternalConfig
from tests.local.auth.conftest import MakeAuth, frozen_clock
from tests.local.auth.external.loopback_provider import Provider, running
from tests.local.auth.service import AuthService, Reply

HOME = "http://127.0.0.1:8080/home"


@dataclass
class Journey:
    """Somebody who signs in with a provider."""

    auth: AuthService
    provider: Provider

    def leave(self, name: str = "google", *, bearer: str | None = None, **query: str) -> str:
        """Start and return the address of the provider that the browser is led to."""
        path = "/user/identities/authorize" if bearer else "/authorize"
        values = {"provider": name, "redirect_to": HOME, **query}
        answer = self.auth.get(f"{path}?{urlencode(values)}", bearer=bearer)
        assert answer.status_code == 302, answer.json
        return answer.headers["Location"]

    def come_back(self, values: dict[str, str], method: str = "GET") -> Reply:
        return self.auth.call(method, f"/callback?{urlencode(values)}")

    def go(self, name: str = "google", *, bearer: str | None = None, **query: str) -> str:
        """Go all the way, saying yes, and return where the browser ends."""
        address = self.leave(name, bearer=bearer, **query)
        answer = self.come_back(self.provider.consent(address))
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


Travel = Callable[..., Journey]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running(frozen_clock()) as served:
        yield served


@pytest.fixture
def travel(make_auth: MakeAuth, provider: Provider) -> Travel:
    """Make an Auth app whose providers without a client id are the loopback provider."""

    def make(
        *, confirm: bool = True, context: dict[str, Any] | None = None, **more: Any
    ) -> Journey:
        enabled = ExternalConfig(enabled=True)
        settings = {
            "external": {"google": enabled, "github": enabled, "acme": enabled},
            "email": {"enable_confirmations": confirm},
            "enable_manual_linking": True,
            "additional_redirect_urls": (),
            **more,
        }
        context = {"stand_in_issuer": provider.base, **(context or {})}
        return Journey(make_auth(context=context, **settings), provider)

    return make


@pytest.fixture
def journey(travel: Travel) -> Journey:
    return travel()


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def fragment_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).fragment, keep_blank_values=True))
