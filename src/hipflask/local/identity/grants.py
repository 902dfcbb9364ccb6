"""Codes and access tokens that have been given out."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hipflask.local.identity.authorization_request import AuthorizationRequest
from hipflask.local.identity.failures import Failure
from hipflask.local.identity.people import Person
from hipflask.local.identity.refusals import Refused
from hipflask.protocol.clock import Clock

CODE_LIFETIME = timedelta(seconds=60)
TOKEN_LIFETIME = timedelta(hours=1)
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person has allowed an application."""

    provider: str
    person: Person
    request: AuthorizationRequest
    failure: Failure
    made_at: datetime

    def require_verifier(self, verifier: str) -> None:
        """Check PKCE (RFC 7636 section 4.6), also that nobody has left it out half-way."""
        challenge = self.request.code_challenge
        if not challenge and not verifier:
            return
        if not challenge:
            raise Refused("invalid_grant", "A code_verifier, but no code_challenge came before.")
        if not _VERIFIER.fullmatch(verifier):
            raise Refused("invalid_grant", "The code_verifier is missing or malformed.")
        made = verifier
        if self.request.code_challenge_method == "S256":
            digest = hashlib.sha256(verifier.encode()).digest()
            made = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if not hmac.compare_digest(made, challenge):
            raise Refused("invalid_grant", "The code_verifier does not fit the code_challenge.")


@dataclass(slots=True)
class Grants:
    """Remembers what was given out, until it is used or too old. In memory: a restart forgets."""

    clock: Clock
    new_text: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    _codes: dict[str, Grant] = field(default_factory=dict)
    _tokens: dict[str, tuple[str, Grant, datetime]] = field(default_factory=dict)
    _used: dict[str, datetime] = field(default_factory=dict)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def code_for(
        self, provider: str, person: Person, request: AuthorizationRequest, failure: Failure
    ) -> str:
        """Return a code that can be changed for tokens once, within a minute."""
        code = self.new_text()
        now = self.clock.now()
        with self._turn:
            self._forget_old(now)
            self._codes[code] = Grant(provider, person, request, failure, now)
        return code

    def redeem(self, provider: str, form: Mapping[str, str]) -> tuple[Grant, str]:
        """Return the grant of a code and a new access token. Raises ``Refused``."""
        code, now = form.get("code", ""), self.clock.now()
        with self._turn:
            grant = self._codes.pop(code, None)
            if grant is None and code in self._used:
                # RFC 6749 section 4.1.2: a code that comes twice was stolen by one of the two.
                stolen = [name for name, each in self._tokens.items() if each[0] == code]
                for name in stolen:
                    del self._tokens[name]
                raise Refused("invalid_grant", "The code was used before; its tokens are revoked.")
            self._used[code] = now
        if grant is None or grant.provider != provider or now - grant.made_at > CODE_LIFETIME:
            raise Refused("invalid_grant", "The code is unknown or has expired.")
        if form.get("redirect_uri", "") != grant.request.redirect_uri:
            raise Refused("invalid_grant", "The redirect_uri is not the one of the authorization.")
        grant.require_verifier(form.get("code_verifier", ""))
        token = self.new_text()
        with self._turn:
            self._tokens[token] = (code, grant, now)
        return grant, token

    def allowed_by(self, provider: str, token: str) -> Grant | None:
        """Return the grant of an access token that still holds."""
        with self._turn:
            _, grant, made_at = self._tokens.get(token, ("", None, self.clock.now()))
        if grant is None or grant.provider != provider:
            return None
        return grant if self.clock.now() - made_at <= TOKEN_LIFETIME else None

    def _forget_old(self, now: datetime) -> None:
        oldest = now - TOKEN_LIFETIME
        self._codes = {key: each for key, each in self._codes.items() if each.made_at > oldest}
        self._tokens = {key: each for key, each in self._tokens.items() if each[2] > oldest}
        self._used = {key: moment for key, moment in self._used.items() if moment > oldest}
