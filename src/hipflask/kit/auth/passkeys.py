"""``hip.auth.passkeys``: signing in by a passkey, without a password and without naming oneself.

The browser talks to the authenticator (WebAuthn Level 3), Supabase Auth makes the challenges and
checks the answers; what passes between them goes through here. Facts of the calls: GoTrue's
internal/api/passkey_*.go.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from flask import request

from hipflask.errors import AuthError, AuthUnavailable
from hipflask.protocol.clock import Clock

from .answers import Tokens
from .client import AuthClient
from .current import CurrentSession, address
from .user import User

MOST_NAME_BYTES: Final = 120
"""How long the name of a passkey may be, in UTF-8."""

ASKED_EVERY: Final = timedelta(minutes=5)
"""How long Auth's word is good on whether passkeys are switched on."""


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey of the user."""

    id: str
    name: str
    created_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Passkey:
        """Read what Auth says of a passkey."""
        return cls(
            id=str(body.get("id", "")),
            name=str(body.get("friendly_name") or ""),
            created_at=_time(body.get("created_at")),
            last_used_at=_time(body.get("last_used_at")),
        )


@dataclass(frozen=True, slots=True)
class PasskeyChallenge:
    """What ``navigator.credentials`` is asked for; the browser sends ``id`` back with the answer.

    ``options`` is in JSON form: bytes are base64url (WebAuthn section 5.1, ``…OptionsJSON``).
    """

    id: str
    options: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> PasskeyChallenge:
        """Read a challenge of Auth."""
        identifier, options = body.get("challenge_id"), body.get("options")
        if not isinstance(identifier, str) or not isinstance(options, Mapping):
            raise AuthUnavailable("Supabase Auth sent no challenge.", reason="malformed")
        return cls(identifier, options)

    def as_json(self) -> dict[str, Any]:
        """Return it for the page's script."""
        return {"challenge_id": self.id, "options": dict(self.options)}


class Passkeys:
    """Passkeys of the user at hand. Refusals of an answer raise PasskeyRefused."""

    def __init__(self, client: AuthClient, current: CurrentSession, clock: Clock) -> None:
        self._client = client
        self._current = current
        self._clock = clock
        self._enabled = False
        self._asked_again_at: datetime | None = None

    @property
    def enabled(self) -> bool:
        """Whether the project has passkeys switched on, as Auth's ``/settings`` says.

        Asked every few minutes at most. False while Auth is away.
        """
        now = self._clock.now()
        if self._asked_again_at is None or now >= self._asked_again_at:
            self._asked_again_at = now + ASKED_EVERY
            try:
                self._enabled = (
                    self._client.call("GET", "/settings").get("passkeys_enabled") is True
                )
            except AuthError:
                self._enabled = False
        return self._enabled

    def other_address(self) -> str:
        """Return where this site must be opened for passkeys to work; empty if that is here.

        A passkey belongs to a domain (WebAuthn section 5.1.2, "relying party identifier"), and an
        IP address is none. On a laptop the domain is ``localhost``.
        """
        parts = urlsplit(request.host_url)
        try:
            number = ipaddress.ip_address(parts.hostname or "")
        except ValueError:
            return ""
        port = f":{parts.port}" if parts.port else ""
        return f"{parts.scheme}://localhost{port}" if number.is_loopback else ""

    def begin_registration(self) -> PasskeyChallenge:
        """Ask for the challenge of a new passkey.

        Raises SecondFactorNeeded when the user has a factor that this session has not shown, and
        AuthRejected (``too_many_passkeys``, ``passkey_disabled``).
        """
        return PasskeyChallenge.from_json(self._call("POST", "/passkeys/registration/options", {}))

    def register(self, challenge_id: str, credential: Mapping[str, Any]) -> Passkey:
        """Add the passkey that the browser has made."""
        body = {"challenge_id": challenge_id, "credential": credential}
        return Passkey.from_json(self._call("POST", "/passkeys/registration/verify", body))

    def begin_sign_in(self) -> PasskeyChallenge:
        """Ask for the challenge of a sign-in; it names no user."""
        answer = self._client.call(
            "POST", "/passkeys/authentication/options", {}, address=address()
        )
        return PasskeyChallenge.from_json(answer)

    def sign_in(self, challenge_id: str, credential: Mapping[str, Any]) -> User:
        """Open a session by what the browser has signed.

        Raises PasskeyRefused, EmailNotConfirmed, UserBanned, TooManyAttempts, AuthUnavailable.
        """
        body = {"challenge_id": challenge_id, "credential": credential}
        answer = self._client.call(
            "POST", "/passkeys/authentication/verify", body, address=address()
        )
        return self._current.sign_in(Tokens.from_json(answer))

    def list(self) -> Sequence[Passkey]:
        """Return the passkeys of the signed-in user."""
        token = self._current.whole().access_token
        found = self._client.call_for_list("/passkeys", token=token, address=address())
        return [Passkey.from_json(each) for each in found]

    def rename(self, passkey_id: str, name: str) -> None:
        """Give a passkey another name. One that is too long for Auth is shortened."""
        body = {"friendly_name": _shortened(name)}
        self._call("PATCH", f"/passkeys/{_path_part(passkey_id)}", body)

    def remove(self, passkey_id: str) -> None:
        """Remove a passkey; the authenticator still has its half, which opens nothing any more."""
        self._call("DELETE", f"/passkeys/{_path_part(passkey_id)}")

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any]:
        token = self._current.whole().access_token
        return self._client.call(method, path, body, token=token, address=address())


def _shortened(name: str) -> str:
    """Return as many whole characters as Auth takes.

    GoTrue's message says characters; what it counts is Go's ``len``, bytes (passkey_manage.go).
    """
    return name.encode(errors="ignore")[:MOST_NAME_BYTES].decode(errors="ignore").rstrip()


def _path_part(text: str) -> str:
    return text if text.replace("-", "").isalnum() and text.isascii() else "unknown"


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
