"""Codes, access tokens and refresh tokens that have been given out."""

from __future__ import annotations

import dataclasses
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
MOST_REFRESH_TOKENS = 100  # of a person, as at Google: a new one puts the oldest out
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


@dataclass(frozen=True, slots=True)
class Given:
    """What the token endpoint gives out."""

    grant: Grant
    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Token:
    """An access or refresh token: the code that it goes back to, and since when it holds."""

    code: str
    grant: Grant
    made_at: datetime


@dataclass(slots=True)
class Grants:
    """Remembers what was given out, until it is used or too old. In memory: a restart forgets."""

    clock: Clock
    new_text: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    _codes: dict[str, Grant] = field(default_factory=dict)
    _tokens: dict[str, _Token] = field(default_factory=dict)
    _refresh_tokens: dict[str, _Token] = field(default_factory=dict)
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

    def redeem(self, provider: str, form: Mapping[str, str]) -> Given:
        """Return the grant of a code and new tokens. Raises ``Refused``."""
        code, now = form.get("code", ""), self.clock.now()
        with self._turn:
            grant = self._codes.pop(code, None)
            if grant is None and code in self._used:
                # RFC 6749 section 4.1.2: a code that comes twice was stolen by one of the two.
                self._revoke_all_of(code)
                raise Refused("invalid_grant", "The code was used before; its tokens are revoked.")
            self._used[code] = now
        if grant is None or grant.provider != provider or now - grant.made_at > CODE_LIFETIME:
            raise Refused("invalid_grant", "The code is unknown or has expired.")
        if form.get("redirect_uri", "") != grant.request.redirect_uri:
            raise Refused("invalid_grant", "The redirect_uri is not the one of the authorization.")
        grant.require_verifier(form.get("code_verifier", ""))
        with self._turn:
            refresh_token = self._refresh_token(code, grant, now)
            return Given(grant, self._access_token(code, grant, now), refresh_token)

    def refresh(self, provider: str, form: Mapping[str, str]) -> Given:
        """Return a new access token. The refresh token stays the same, as Google's does."""
        now = self.clock.now()
        with self._turn:
            known = self._refresh_tokens.get(form.get("refresh_token", ""))
            if known is None or known.grant.provider != provider:
                raise Refused("invalid_grant", "The refresh token is unknown or revoked.")
            asked = frozenset(form.get("scope", "").split())
            if not asked <= known.grant.request.scopes:
                raise Refused("invalid_scope", "More is asked than was granted.")
            grant = known.grant
            if asked:  # RFC 6749 section 6: less than before, for this access token
                narrowed = dataclasses.replace(grant.request, scope=form["scope"])
                grant = dataclasses.replace(grant, request=narrowed)
            return Given(grant, self._access_token(known.code, grant, now))

    def revoke(self, provider: str, token: str) -> None:
        """End a token and all that came with it (RFC 7009 section 2.1), as Google does."""
        with self._turn:
            known = self._tokens.get(token) or self._refresh_tokens.get(token)
            if known is not None and known.grant.provider == provider:
                self._revoke_all_of(known.code)

    def allowed_by(self, provider: str, token: str) -> Grant | None:
        """Return the grant of an access token that still holds."""
        with self._turn:
            known = self._tokens.get(token)
        if known is None or known.grant.provider != provider:
            return None
        return known.grant if self.clock.now() - known.made_at <= TOKEN_LIFETIME else None

    def _access_token(self, code: str, grant: Grant, now: datetime) -> str:
        token = self.new_text()
        self._tokens[token] = _Token(code, grant, now)
        return token

    def _refresh_token(self, code: str, grant: Grant, now: datetime) -> str:
        """Return a refresh token for who asks to act in the person's absence, else ""."""
        held = [
            token
            for token, each in self._refresh_tokens.items()
            if each.grant.provider == grant.provider and each.grant.person == grant.person
        ]
        if grant.failure is Failure.TOKEN_DOWN or not grant.request.wants_refresh_token(held):
            return ""
        if len(held) >= MOST_REFRESH_TOKENS:
            del self._refresh_tokens[held[0]]
        token = self.new_text()
        self._refresh_tokens[token] = _Token(code, grant, now)
        return token

    def _revoke_all_of(self, code: str) -> None:
        for tokens in (self._tokens, self._refresh_tokens):
            for name in [name for name, each in tokens.items() if each.code == code]:
                del tokens[name]

    def _forget_old(self, now: datetime) -> None:
        oldest = now - TOKEN_LIFETIME
        self._codes = {key: each for key, each in self._codes.items() if each.made_at > oldest}
        self._tokens = {key: each for key, each in self._tokens.items() if each.made_at > oldest}
        self._used = {key: moment for key, moment in self._used.items() if moment > oldest}
