"""``hip.auth.oauth``: signing in with a provider, by the authorization-code flow with PKCE.

RFC 6749 section 4.1, RFC 7636, and RFC 9700 section 2.1. What the way back must prove stays on
the server (oauth_flows.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from hipflask.errors import (
    AuthError,
    AuthUnavailable,
    LinkExpired,
    LinkUnusable,
    OAuthRefused,
)
from hipflask.kit.data import Database
from hipflask.kit.settings import Settings
from hipflask.kit.web.redirects import safe_next
from hipflask.kit.web.seal import Sealer
from hipflask.kit.web.visit import visit
from hipflask.protocol.clock import Clock

from .answers import Tokens
from .client import AuthClient
from .current import address
from .flows import challenge_of
from .oauth_flows import PREFIX, OAuthFlow, OAuthFlows
from .oauth_trace import OAuthTrace, TraceStep, masked, masked_url
from .provider_scopes import more_scopes
from .providers import Providers
from .user import User

_logger: Final = logging.getLogger("hipflask.auth")

CALLBACK_PATH: Final = "/auth/callback"

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
        self._flows = OAuthFlows(db, sealer, clock, random_bytes)
        self._providers = Providers(client, clock)
        self._start_session = start_session
        self.trace = trace

    def providers(self) -> tuple[str, ...]:
        """Return the names of the project's providers, such as ``github``.

        Asked once a minute at most (GET ``/settings``). Empty while Auth is away.
        """
        return self._providers.names()

    def begin(self, provider: str, next: str = "") -> str:  # noqa: A002
        """Record a sign-in of this browser and return the address to lead it to.

        ``next`` is where it goes afterwards, if that is a page of this site. Raises OAuthRefused
        (``no_provider``) for a provider that is not switched on.
        """
        if provider not in self.providers():
            raise OAuthRefused("There is no such provider.", reason="no_provider")
        flow, verifier = self._flows.begin(provider, safe_next(next, ""))
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
        return flow.startswith(PREFIX) or query.get("error_code") in _STATE_CODES

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
            flow = self._flows.find(flow_id)
            user = self._finish(flow_id, flow, query)
        except OAuthRefused as error:
            self.trace.end(flow_id, error.reason)
            error.provider = flow.provider if flow else ""
            error.next = flow.next if flow else ""
            raise
        return OAuthReturn(user, flow.provider, flow.next)

    def _finish(self, flow_id: str, flow: OAuthFlow, query: Mapping[str, str]) -> User:
        refused = query.get("error_code") or query.get("error")
        if refused:
            self._flows.use_up(flow)
            raise _refusal(refused)
        code = query.get("code")
        if not code or len(code) > 1024:
            raise OAuthRefused("The way back brought no code.", reason="unknown")
        if not self._flows.use_up(flow):
            raise OAuthRefused("This way back was taken before.", reason="used")
        tokens = self._exchange(flow_id, flow, code)
        user = self._start_session(tokens)
        self.trace.end(flow_id, "signed_in", tokens)
        return user

    def _exchange(self, flow_id: str, flow: OAuthFlow, code: str) -> Tokens:
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

    def _note_return(self, flow_id: str, query: Mapping[str, str]) -> None:
        known = ("flow", "code", "error", "error_code")
        found = urlencode({name: query[name] for name in known if query.get(name)})
        url = masked_url(f"{self._callback}?{found}")
        self.trace.step(flow_id, TraceStep(6, "auth", "browser", "302", url))
        self.trace.step(flow_id, TraceStep(6, "browser", "app", "GET", url))


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
