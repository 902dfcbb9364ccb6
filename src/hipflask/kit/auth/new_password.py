"""The password that a recovery link or an invitation lets somebody choose, and nothing else.

What such a link opened at Supabase Auth never becomes a session of the app. It travels, sealed,
in the form for the password (``proof``), changes the password, and ends.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from hipflask.errors import AuthError, LinkExpired, LinkUnusable, SealBroken, SessionExpired
from hipflask.kit.web.seal import Sealer
from hipflask.kit.web.visit import visit
from hipflask.protocol.clock import Clock

from .answers import Tokens
from .client import AuthClient
from .current import address
from .factors import SIX_DIGITS, Factors
from .recovery_codes import RecoveryCodes
from .results import LinkKind
from .security_log import SecurityLog
from .sessions import Sessions

_logger: Final = logging.getLogger("hipflask.auth")

LIFETIME: Final = timedelta(minutes=15)
"""How long the form for the password may stay open."""

_SEAL: Final = "recovery"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Who may choose a password, by which kind of link."""

    kind: str
    user_id: str
    email: str
    access_token: str = field(repr=False)


class NewPassword:
    """Sets passwords for the holders of links."""

    def __init__(
        self,
        client: AuthClient,
        sessions: Sessions,
        sealer: Sealer,
        clock: Clock,
        factors: Factors,
        recovery_codes: RecoveryCodes,
        log: SecurityLog,
    ) -> None:
        self._client = client
        self._sessions = sessions
        self._sealer = sealer
        self._clock = clock
        self._factors = factors
        self._recovery_codes = recovery_codes
        self._log = log

    def proof(self, kind: LinkKind, tokens: Tokens) -> str:
        """Return what the form carries after a link was opened."""
        visit().holds_secret = True
        claims = tokens.claims
        content = [kind, claims.sub, claims.email or "", tokens.access_token]
        until = self._clock.now() + LIFETIME
        return self._sealer.seal(_SEAL, json.dumps(content).encode(), until)

    def open(self, proof: str, *, kind: LinkKind | None = None) -> Allowed:
        """Return what a form carries. Raises LinkExpired, or LinkUnusable for another ``kind``."""
        visit().holds_secret = True  # it is written into the form again if the password is refused
        try:
            allowed = Allowed(*json.loads(self._sealer.open(_SEAL, proof)))
        except (SealBroken, TypeError) as error:
            raise LinkExpired("The form is too old. Ask for a new link.") from error
        if kind is not None and allowed.kind != kind:
            raise LinkUnusable("The link was for something else.", reason="incomplete")
        return allowed

    def set(
        self, allowed: Allowed, password: str, *, name: str = "", second_factor: str = ""
    ) -> None:
        """Set the password and end every session. Raises as ``AuthFlows.reset_password``."""
        access_token = allowed.access_token
        changes: dict[str, object] = {"password": password}
        if name:
            changes["data"] = {"name": name}
        try:
            if second_factor:
                access_token = self._show_factor(allowed, second_factor)
            self._client.update_user(access_token, changes, address=address())
        except SessionExpired as error:
            raise LinkExpired("The link has been used, or it is too old.") from error
        self._sessions.revoke_all(allowed.user_id)
        visit().forget_session()
        by = "invitation" if allowed.kind == "invited" else "recovery"
        self._log.record(allowed.user_id, "password_changed", by=by)
        try:
            self._client.sign_out(access_token, "global", address=address())
        except AuthError as error:
            # The change itself has ended all sessions but the one of the link.
            _logger.warning("the session of a recovery was not ended: %s", error)

    def _show_factor(self, allowed: Allowed, code: str) -> str:
        """Raise a token that is no session by a code of the user's authenticator.

        A recovery code removes the factor, so that none is needed any more.
        """
        if len("".join(code.split())) > SIX_DIGITS:
            self._recovery_codes.spend(allowed.user_id, code)
            return allowed.access_token
        return self._factors.tokens_for(allowed.access_token, code).access_token
