"""Uses links and codes up, and decides what each may do.

The rule that everything here serves: recovery may only reset the password. GoTrue answers a
recovery link with a full session whose token looks like any other one-time sign-in (``amr: otp``),
and the holder of a link may rewrite its ``type``. So a one-time token opens a session only when the
server knows that it did not come from a recovery link: because the link's secret stood in a column
of its own (sign-up, invitation, change of e-mail), or because the app itself began a sign-in for
this address and no recovery link can be about (flows.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hipflask.errors import AuthError, LinkExpired, LinkUnusable, SessionExpired, TokenRejected

from .answers import Tokens
from .client import AuthClient
from .flows import Flow, Flows
from .links import TYPES, Link
from .results import LinkKind
from .tokens import TokenVerifier

_logger: Final = logging.getLogger("hipflask.auth")

_PASSWORD_FORMS: Final[dict[str, LinkKind]] = {"recovery": "recovery", "invite": "invited"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a link came to. With ``signs_in`` the tokens may become a session of the app."""

    kind: LinkKind
    tokens: Tokens | None = None
    signs_in: bool = False


class LinkOpener:
    """Exchanges links and codes at Supabase Auth. Knows nothing of requests and cookies.

    ``is_in_use`` tells whether a session of Auth, by its id, is behind a session of the app.
    """

    def __init__(
        self,
        client: AuthClient,
        flows: Flows,
        verifier: TokenVerifier,
        is_in_use: Callable[[str], bool],
    ) -> None:
        self._client = client
        self._flows = flows
        self._verifier = verifier
        self._is_in_use = is_in_use

    def open(self, link: Link, *, address: str = "") -> Outcome:
        """Use a link up.

        Raises LinkExpired when it is unknown, used or too old, LinkUnusable when it cannot be
        opened here.
        """
        match link.shape:
            case "token_hash":
                return self._token_hash(link, address)
            case "code":
                return self._code(link, address)
            case "tokens":
                return self._tokens(link, address)
            case "message":
                # GoTrue has accepted one of the two addresses of an e-mail change.
                return Outcome("email_change_pending")
        raise refused(link)

    def enter(self, kind: str, email: str, code: str, *, address: str = "") -> Outcome:
        """Use a code up that was typed in from a mail."""
        if kind not in TYPES:
            raise LinkUnusable("This is no kind of code.", reason="incomplete")
        if kind != "email":
            tokens = self._client.verify_code(kind, email, code, address=address)
            return self._verified(kind, tokens, "")
        try:
            tokens = self._client.verify_code("signup", email, code, address=address)
            return self._verified("signup", tokens, "")
        except LinkExpired:
            tokens = self._client.verify_code("magiclink", email, code, address=address)
            return self._verified("magiclink", tokens, "")

    def _token_hash(self, link: Link, address: str) -> Outcome:
        if not link.type:
            raise LinkUnusable("The link does not say what it is for.", reason="incomplete")
        if link.type != "email":
            tokens = self._client.verify_token_hash(link.type, link.token_hash, address=address)
            return self._verified(link.type, tokens, link.flow)
        # "email" may be either of two columns; asking for each by its name tells which it was.
        try:
            tokens = self._client.verify_token_hash("signup", link.token_hash, address=address)
            return self._verified("signup", tokens, link.flow)
        except LinkExpired:
            tokens = self._client.verify_token_hash("magiclink", link.token_hash, address=address)
            return self._verified("magiclink", tokens, link.flow)

    def _verified(self, kind: str, tokens: Tokens | None, flow_id: str) -> Outcome:
        """Decide about tokens whose kind GoTrue has checked against the column of the secret."""
        if tokens is None:
            return Outcome("email_change_pending")
        if kind in _PASSWORD_FORMS:
            return Outcome(_PASSWORD_FORMS[kind], tokens)
        if kind == "signup":
            return Outcome("signed_in", tokens, signs_in=True)
        if kind == "email_change":
            return Outcome("email_changed", tokens, signs_in=True)
        return self._by_evidence("confirmed", tokens, flow_id)

    def _code(self, link: Link, address: str) -> Outcome:
        flow = self._flows.find(link.flow) if link.flow else None
        if flow is None or flow.verifier is None:
            raise LinkUnusable(
                "The link was not asked for here, or it is too old.",
                reason="unknown_flow",
                hint="An address that it was to confirm is confirmed by now: try to sign in.",
            )
        try:
            tokens = self._client.exchange_code(link.code, flow.verifier, address=address)
        except LinkExpired:
            return _too_late(flow)
        methods = {entry.method for entry in tokens.claims.amr}
        if flow.purpose == "recovery" or "recovery" in methods:
            return Outcome("recovery", tokens)
        if "invite" in methods:
            return Outcome("invited", tokens)
        kind: LinkKind = "email_changed" if "email_change" in methods else "signed_in"
        if not tokens.claims.is_one_time:
            return Outcome(kind, tokens, signs_in=True)
        return self._by_evidence("confirmed", tokens, link.flow)

    def _tokens(self, link: Link, address: str) -> Outcome:
        """Decide about tokens from behind the ``#``, of which only the signature is known."""
        if not link.refresh_token:
            raise LinkUnusable("The link is not complete.", reason="incomplete")
        try:
            claims = self._verifier.verify(link.access_token)
            # A genuine token may be stale: its session signed out, or its link used already.
            user = self._client.get_user(link.access_token, address=address)
        except (TokenRejected, SessionExpired) as error:
            raise LinkExpired("The link has been used, or it is too old.") from error
        tokens = Tokens(link.access_token, link.refresh_token, claims, user)
        if link.type in _PASSWORD_FORMS:
            if not claims.is_one_time:
                # No such link brings a full session. Pages ask before they sign somebody in with
                # tokens, but not before they show the form for a password.
                raise LinkUnusable("The link does not fit its tokens.", reason="incomplete")
            return Outcome(_PASSWORD_FORMS[link.type], tokens)
        if not claims.is_one_time:
            return Outcome("signed_in", tokens, signs_in=True)
        changed = link.type == "email_change"
        return self._by_evidence(
            "email_changed" if changed else "confirmed",
            tokens,
            link.flow,
            opened_at=claims.opened_at,
        )

    def _by_evidence(
        self, otherwise: LinkKind, tokens: Tokens, flow_id: str, *, opened_at: int | None = None
    ) -> Outcome:
        """Let a one-time token sign in if a flow of ours proves it harmless; else end it.

        ``opened_at`` is None for a session that this very request has opened.
        """
        if self._is_harmless(tokens, flow_id, opened_at):
            kind: LinkKind = "email_changed" if otherwise == "email_changed" else "signed_in"
            return Outcome(kind, tokens, signs_in=True)
        # The same fragment may be sent twice; the session that it opened the first time stays.
        if not self._is_in_use(tokens.claims.session_id or ""):
            self._end(tokens)
        return Outcome(otherwise)

    def _end(self, tokens: Tokens) -> None:
        try:
            self._client.sign_out(tokens.access_token, "local")
        except AuthError as error:
            _logger.warning("the session of a link was not ended: %s", error)

    def _is_harmless(self, tokens: Tokens, flow_id: str, opened_at: int | None) -> bool:
        email = tokens.claims.email
        if not email:
            return False
        flow = (self._flows.find(flow_id) if flow_id else None) or self._flows.latest(email)
        if flow is None:
            return False
        user = tokens.user or self._client.get_user(tokens.access_token)
        return self._flows.use_for_sign_in(flow, email, user.recovery_sent_at, opened_at=opened_at)


def refused(link: Link) -> AuthError:
    """Return the error for a link that brought an error instead of a secret."""
    if link.error_code in ("otp_expired", "flow_state_expired", "flow_state_not_found"):
        return LinkExpired("The link is unknown, used or too old.", code=link.error_code)
    return LinkUnusable(
        link.error_description or "Supabase Auth refused the link.",
        reason=link.error_code or "unknown",
        code=link.error_code,
    )


def _too_late(flow: Flow) -> Outcome:
    """Return what a code that came too late still did: GoTrue confirms before it sends the code."""
    if flow.purpose == "signup":
        return Outcome("confirmed")
    if flow.purpose == "email_change":
        return Outcome("email_changed")
    raise LinkExpired("The link was opened too late.", code="flow_state_expired")
