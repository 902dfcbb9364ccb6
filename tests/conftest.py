"""What every test of Hipflask runs under: a clean environment, no network, nothing left behind."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

pytest_plugins = ["pytester", "tests.chromium"]

# A developer's own settings must not steer a test.
_SETTINGS = (
    *("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY", "SUPABASE_ANON_KEY"),
    *("SUPABASE_SERVICE_ROLE_KEY", "DATABASE_URL", "SECRET_KEY", "SITE_URL", "MAIL_FROM"),
    *("SMTP_HOST", "SMTP_PORT", "SMTP_USER", "SMTP_PASSWORD", "AUTH_EMAIL_FLOW", "K_SERVICE"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Check every test of ours for leaked processes and threads."""
    for item in items:
        item.add_marker("leaks_checked")


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """Give each test the environment without our settings, and put it back afterwards."""
    before = dict(os.environ)
    for name in _SETTINGS:
        os.environ.pop(name, None)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave this machine."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            pytest.fail(f"a test tried to reach {address[0]}; only loopback is allowed")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        checked(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        checked(self, address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
