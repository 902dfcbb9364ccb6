"""``hip.auth.oauth``: signing in with a provider, by the authorization-code flow with PKCE.

RFC 6749 section 4.1, RFC 7636, and RFC 9700 section 2.1. What the way back must prove stays on
the server: ``hipflask.auth_flows`` keeps, sealed, the code verifier and which browser began it. So
a way back that somebody else began opens no session here (login CSRF, RFC 6749 section 10.12), a
code that was seen on the way is worth nothing, and each is good once and for a few minutes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from urllib3.util import Timeout

from hipflask.errors import (
    AuthError,
    AuthUnavailable,
    LinkExpired,
    LinkUnusable,
    OAuthRefused,
    SealBroken,
)
from hipflask.kit.data import SERVICE, Database
from hipflask.kit.settings import Settings
from hipflask.kit.web.redirects import safe_next
from hipflask.kit.web.seal import Sealer
from hipflask.kit.web.visit import visit
from hipflask.protocol.clock import Clock

from .answers import Tokens
from .client import AuthClient
from .current import address
from .flows import challenge_of
from .oauth_trace import OAuthTrace, TraceStep, masked, masked_url
from .provider_scopes import more_scopes
from .user import User

_logger: Final = logging.getLogger("hipflask.auth")

CALLBACK_PATH: Final = "/auth/callback"

LIFETIME: Final = timedelta(minutes=10)
"""How long a sign-in is remembered here. Auth gives it five minutes, unless it is set to more."""

ASKED_EVERY: Final = timedelta(minutes=1)
"""How long Auth's word is good on which providers are switched on."""

_PREFIX: Final = "oauth-"
_NOT_PROVIDERS: Final = frozenset({"email", "phone", "anonymous_users", "saml", "web3", "passkey"})
_FIRST: Final = ("google", "github")
_PATIENCE: Final = Timeout(connect=1.5, read=3.0)  # a sign-in page waits for it

# GoTrue sends these to the site's address when it does not know, or not trust, the way back.
_STATE_CODES: Final = frozenset(
    {"bad_oauth_state", "bad_oauth_callback", "flow_state_already_used"}
)
_REASONS: Final[Mapping[str, str]] = {
    "access_denied": "denied",
    "provider_email_needs_verification": "email_unverified",
    "signup_disabled": "sign_up_closed",
    "user_banned": "banned",
    "server_error": "provider_down",
    "temporarily_unavailable": "provider_down",
    "unexpected_failure": "provider_down",
    "bad_oauth_state": "unknown",
    "bad_oauth_callback": "unknown",
    "flow_state_not_found": "expired",
    "flow_state_expired": "expired",
    "flow_state_already_used": "expired",
    "provider_disabled": "no_provider",
    "oauth_provider_not_supported": "no_provider",
}


@dataclass(frozen=True, slots=True)
class OAuthReturn:
    """A sign-in that ended well: who it is, with what, and where they wanted to go."""

    user: User
    provider: str
    next: str


@dataclass(frozen=True, slots=True)
class _Flow:
    id_hash: bytes
    provider: str
    next: str
    verifier: str = field(repr=False)
    browser: str = field(repr=False)
    used: bool


@dataclass(frozen=True, slots=True)
class _Row:
    verifier: str
    used_at: datetime | None


class OAuth:
    """Sign-ins with providers, for the browser of the request at hand."""

    def __init__(
        self,
        settings: Settings,
        client: AuthClient,
        db: Database,
        sealer: Sealer,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        start_session: Callable[[Tokens], User],
        trace: OAuthTrace,
    ) -> None:
        self._authorize_url = f"{settings.auth_url}/authorize"
        self._callback = settings.site_url + CALLBACK_PATH
        self._client = client
        self._db = db
        self._sealer = sealer
        self._clock = clock
        self._random_bytes = random_bytes
        self._start_session = start_session
        self.trace = trace
        self._known: tuple[str, ...] = ()
        self._asked_again_at: datetime | None = None

    def providers(self) -> tuple[str, ...]:
        """Return the names of the project's providers, such as ``github``.

        Asked once a minute at most (GET ``/settings``). Empty while Auth is away.
        """
        now = self._clock.now()
        if self._asked_again_at is None or now >= self._asked_again_at:
            self._asked_again_at = now + ASKED_EVERY
            try:
                answer = self._client.call("GET", "/settings", timeout=_PATIENCE)
            except AuthError as error:
                _logger.warning("Auth does not say which providers there are: %s", error)
                self._known = ()
            else:
                self._known = _enabled(answer.get("external"))
        return self._known

    def begin(self, provider: str, next: str = "") -> str:  # noqa: A002
        """Record a sign-in of this browser and return the address to lead it to.

        ``next`` is where it goes afterwards, if that is a page of this site. Raises OAuthRefused
        (``no_provider``) for a provider that is not switched on.
        """
        if provider not in self.providers():
            raise OAuthRefused("There is no such provider.", reason="no_provider")
        flow = _PREFIX + _text(self._random_bytes(16))
        verifier = _text(self._random_bytes(32))
        self._record(flow, [provider, safe_next(next, ""), verifier, _browser()])
        query = {
            "provider": provider,
            "redirect_to": f"{self._callback}?{urlencode({'flow': flow})}",
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "s256",
            **more_scopes(provider),
        }
        url = f"{self._authorize_url}?{urlencode(query)}"
        start = f"/auth/oauth/{provider}" + (f"?next={safe_next(next, '')}" if next else "")
        self.trace.begin(flow, provider, start, url, verifier)
        return url

    def is_return(self, query: Mapping[str, str]) -> bool:
        """Whether a request is the way back from a provider, and no link of a mail."""
        flow = query.get("flow") or ""
        return flow.startswith(_PREFIX) or query.get("error_code") in _STATE_CODES

    def finish(self, query: Mapping[str, str]) -> OAuthReturn:
        """Take the way back: trade the code for tokens, and open a session for this browser.

        Safe in answer to a GET, unlike the links of mails: it does nothing in any browser but the
        one that began. Raises OAuthRefused, whose ``reason`` says what was wrong.
        """
        visit().holds_secret = True
        flow_id = query.get("flow") or ""
        self._note_return(flow_id, query)
        flow = None
        try:
            if not flow_id and query.get("error_code") in _STATE_CODES:
                raise _lost(query)
            flow = self._find(flow_id)
            user = self._finish(flow_id, flow, query)
        except OAuthRefused as error:
            self.trace.end(flow_id, error.reason)
            error.provider = flow.provider if flow else ""
            error.next = flow.next if flow else ""
            raise
        return OAuthReturn(user, flow.provider, flow.next)

    def _finish(self, flow_id: str, flow: _Flow, query: Mapping[str, str]) -> User:
        refused = query.get("error_code") or query.get("error")
        if refused:
            self._use_up(flow)
            raise _refusal(refused)
        code = query.get("code")
        if not code or len(code) > 1024:
            raise OAuthRefused("The way back brought no code.", reason="unknown")
        if not self._use_up(flow):
            raise OAuthRefused("This way back was taken before.", reason="used")
        tokens = self._exchange(flow_id, flow, code)
        user = self._start_session(tokens)
        self.trace.end(flow_id, "signed_in", tokens)
        return user

    def _exchange(self, flow_id: str, flow: _Flow, code: str) -> Tokens:
        body = {"auth_code": masked(code), "code_verifier": masked(flow.verifier)}
        path = "/auth/v1/token?grant_type=pkce"
        self.trace.step(flow_id, TraceStep(7, "app", "auth", "POST", path, body))
        try:
            tokens = self._client.exchange_code(code, flow.verifier, address=address())
        except AuthUnavailable as error:
            raise OAuthRefused("Auth does not answer.", reason="provider_down") from error
        except LinkExpired as error:
            raise OAuthRefused("The code is unknown, used or too old.", reason="expired") from error
        except LinkUnusable as error:
            raise OAuthRefused("The code belongs to another sign-in.", reason="unknown") from error
        except AuthError as error:
            raise _refusal(error.code) from error
        if tokens.claims.is_one_time:
            # No provider's session looks so; one that may be a recovery opens nothing.
            self._end(tokens)
            raise OAuthRefused("These are no tokens of a provider.", reason="unknown")
        return tokens

    def _end(self, tokens: Tokens) -> None:
        try:
            self._client.sign_out(tokens.access_token, "local", address=address())
        except AuthError as error:
            _logger.warning("the session of a refused sign-in was not ended: %s", error)

    def _record(self, flow: str, content: list[str]) -> None:
        id_hash = _hash(flow)
        now = self._clock.now()
        sealed = self._sealer.seal(_purpose(id_hash), json.dumps(content).encode(), now + LIFETIME)
        self._db.execute_as(
            SERVICE,
            "with swept as (delete from hipflask.auth_flows where id_hash in"
            " (select id_hash from hipflask.auth_flows where expires_at <= %(now)s limit 100))"
            " insert into hipflask.auth_flows (id_hash, purpose, email, verifier, created_at,"
            " expires_at) values (%(id)s, 'oauth', '', %(sealed)s, %(now)s, %(end)s)",
            {"id": id_hash, "sealed": sealed, "now": now, "end": now + LIFETIME},
        )

    def _find(self, flow_id: str) -> _Flow:
        """Return the flow, if this browser began it."""
        id_hash = _hash(flow_id)
        row = self._db.fetch_one_as(
            SERVICE,
            "select verifier, used_at from hipflask.auth_flows"
            " where id_hash = %s and purpose = 'oauth' and verifier is not null",
            (id_hash,),
            row_type=_Row,
        )
        if row is None:
            raise OAuthRefused("Nobody began this sign-in here.", reason="unknown")
        try:
            sealed = self._sealer.open(_purpose(id_hash), row.verifier)
        except SealBroken as error:
            reason = "expired" if error.expired else "unknown"
            raise OAuthRefused("The sign-in took too long.", reason=reason) from error
        provider, target, verifier, browser = json.loads(sealed)
        flow = _Flow(id_hash, provider, target, verifier, browser, row.used_at is not None)
        if flow.used:
            raise OAuthRefused("This way back was taken before.", reason="used")
        if not hmac.compare_digest(browser, _browser()):
            raise OAuthRefused("Another browser began this sign-in.", reason="other_browser")
        return flow

    def _use_up(self, flow: _Flow) -> bool:
        used = self._db.execute_as(
            SERVICE,
            "update hipflask.auth_flows set used_at = %s where id_hash = %s and used_at is null",
            (self._clock.now(), flow.id_hash),
        )
        return used == 1

    def _note_return(self, flow_id: str, query: Mapping[str, str]) -> None:
        known = ("flow", "code", "error", "error_code")
        found = urlencode({name: query[name] for name in known if query.get(name)})
        url = masked_url(f"{self._callback}?{found}")
        self.trace.step(flow_id, TraceStep(6, "auth", "browser", "302", url))
        self.trace.step(flow_id, TraceStep(6, "browser", "app", "GET", url))


def _enabled(external: object) -> tuple[str, ...]:
    """Return the providers that are on: the best known first, the others by name."""
    found = external if isinstance(external, Mapping) else {}
    names = {
        str(name)
        for name, on in found.items()
        if on is True and name not in _NOT_PROVIDERS and not str(name).startswith("web3")
    }
    return tuple(name for name in _FIRST if name in names) + tuple(sorted(names.difference(_FIRST)))


def _refusal(code: str) -> OAuthRefused:
    reason = _REASONS.get(code, "refused")
    return OAuthRefused("The provider or Auth said no.", reason=reason, code=code[:64])


def _lost(query: Mapping[str, str]) -> OAuthRefused:
    """Return the refusal of somebody whom Auth no longer knows: mostly, they took too long.

    It gives them five minutes, and says of that and of a forged state the same, but for the text.
    """
    if "expired" in query.get("error_description", ""):
        return OAuthRefused("The sign-in took too long.", reason="expired")
    return _refusal(query["error_code"])


def _browser() -> str:
    """Return what stands for this browser: a hash of the id in its cookie, which it gets now."""
    return hashlib.sha256(visit().any_id().encode()).hexdigest()


def _purpose(id_hash: bytes) -> str:
    return f"oauth flow {id_hash.hex()}"


def _hash(flow_id: str) -> bytes:
    return hashlib.sha256(flow_id.encode()).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
