"""What an access token of Supabase Auth says, typed.

The payload is GoTrue's ``AccessTokenClaims`` (internal/tokens/service.go).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeGuard

from hipflask.errors import TokenRejected

ONE_TIME_METHODS: Final = frozenset({"otp", "magiclink", "recovery"})
"""Methods that GoTrue writes for a recovery link or a one-time sign-in (models/factor.go,
``IsRecovery``). In three of four recovery paths the token says just ``otp``."""

SECOND_FACTOR_METHODS: Final = frozenset({"totp", "mfa/phone", "mfa/webauthn"})
"""Methods that raise a session to ``aal2`` (GoTrue's models/amr.go, ``IsAAL2Claim``)."""

_LAST_SECOND: Final = 253_402_300_799
"""The end of the year 9999, beyond which Python has no dates."""


@dataclass(frozen=True, slots=True)
class Amr:
    """One authentication method that was used in the session (RFC 8176, GoTrue's object form)."""

    method: str
    timestamp: int = 0


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified access token's content."""

    sub: str
    role: str
    session_id: str | None
    email: str | None
    phone: str | None
    aal: str
    amr: tuple[Amr, ...]
    is_anonymous: bool
    app_metadata: Mapping[str, Any] = field(repr=False)
    user_metadata: Mapping[str, Any] = field(repr=False)
    issued_at: int
    expires_at: int
    raw: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Claims:
        """Read a decoded payload; the caller has verified the signature.

        Raises TokenRejected when ``sub``, ``role``, ``iat`` or ``exp`` is missing or of the
        wrong type.
        """
        return cls(
            sub=_text(payload, "sub"),
            role=_text(payload, "role"),
            session_id=_optional_text(payload, "session_id"),
            email=_optional_text(payload, "email"),
            phone=_optional_text(payload, "phone"),
            aal=_optional_text(payload, "aal") or "aal1",
            amr=_amr(payload.get("amr")),
            is_anonymous=payload.get("is_anonymous") is True,
            app_metadata=_mapping(payload, "app_metadata"),
            user_metadata=_mapping(payload, "user_metadata"),
            issued_at=_seconds(payload, "iat"),
            expires_at=_seconds(payload, "exp"),
            raw=MappingProxyType(dict(payload)),
        )

    @property
    def is_one_time(self) -> bool:
        """Whether the token cannot be told apart from a recovery token.

        True when every method is a one-time one, and also when no method is named at all: a
        custom access-token hook may drop ``amr``, and then nothing proves that it is harmless.
        """
        return all(entry.method in ONE_TIME_METHODS for entry in self.amr)

    @property
    def opened_at(self) -> int:
        """When the session was opened: its earliest method. 0 when ``amr`` does not say."""
        return min((entry.timestamp for entry in self.amr), default=0)

    @property
    def second_factor_at(self) -> int:
        """When a second factor was last shown in this session; 0 when none was."""
        return max((e.timestamp for e in self.amr if e.method in SECOND_FACTOR_METHODS), default=0)

    @property
    def proved_at(self) -> int:
        """When the user last proved, by whatever method, who they are. 0 when it is not said."""
        return max((entry.timestamp for entry in self.amr), default=0)


def _malformed(what: str) -> TokenRejected:
    return TokenRejected(f"The access token is malformed: {what}.", reason="malformed")


def _text(payload: Mapping[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str) or not value:
        raise _malformed(f"the claim {name!r} must be a non-empty string")
    return value


def _optional_text(payload: Mapping[str, Any], name: str) -> str | None:
    """Return the string, or None for GoTrue's empty string (``phone`` of an e-mail user)."""
    value = payload.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _malformed(f"the claim {name!r} must be a string")
    return value


def _seconds(payload: Mapping[str, Any], name: str) -> int:
    value = payload.get(name)
    if not _is_moment(value):
        raise _malformed(f"the claim {name!r} must be a number of seconds")
    return int(value)


def _is_moment(value: object) -> TypeGuard[int | float]:
    """Whether it is a NumericDate (RFC 7519 section 2), which may have a fraction.

    A bool is an int in Python only, and only Python reads NaN and Infinity as JSON.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= _LAST_SECOND


def _mapping(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = payload.get(name)
    if value is None:
        return MappingProxyType({})
    if not isinstance(value, Mapping):
        raise _malformed(f"the claim {name!r} must be an object")
    return MappingProxyType(dict(value))


def _amr(value: object) -> tuple[Amr, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise _malformed("the claim 'amr' must be a list")
    return tuple(_amr_entry(item) for item in value)


def _amr_entry(item: object) -> Amr:
    if isinstance(item, str):
        return Amr(item)
    if isinstance(item, Mapping) and isinstance(item.get("method"), str):
        timestamp = item.get("timestamp")
        return Amr(item["method"], int(timestamp) if _is_moment(timestamp) else 0)
    raise _malformed("an entry of the claim 'amr' must be a string or an object with a method")
