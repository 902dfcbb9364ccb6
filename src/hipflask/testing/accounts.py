"""The people that tests make up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULT_PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class TestUser:
    """Somebody with an account."""

    __test__ = False  # not a test case, whatever pytest reads from the name

    id: str
    email: str
    password: str
    data: Mapping[str, Any] = field(repr=False)
    """The user as Auth describes it."""


@dataclass(frozen=True)
class SignedIn:
    """Somebody with a session."""

    user: TestUser
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: int
    api_key: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The headers with which a client of Supabase acts as this person."""
        return {"apikey": self.api_key, "Authorization": f"Bearer {self.access_token}"}
