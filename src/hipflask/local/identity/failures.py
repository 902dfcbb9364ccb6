"""Failures on demand: what can go wrong at a provider, chosen on the consent page."""

from __future__ import annotations

from enum import Enum

SLOW_SECONDS = 5.0


class Failure(Enum):
    """What the provider is to do wrong with this one sign-in."""

    NONE = ""
    SERVER_ERROR = "server_error"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    TOKEN_DOWN = "token_down"
    TOKEN_SLOW = "token_slow"
    WRONG_NONCE = "wrong_nonce"
    BAD_SIGNATURE = "bad_signature"

    @property
    def is_at_authorize(self) -> bool:
        """Whether the browser comes back with it, instead of with a code."""
        return self in (Failure.SERVER_ERROR, Failure.TEMPORARILY_UNAVAILABLE)

    @classmethod
    def named(cls, name: str) -> Failure:
        """Return the failure with this name; none for an unknown one."""
        return next((each for each in cls if each.value == name), cls.NONE)
