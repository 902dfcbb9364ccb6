"""Tells Supabase Auth that sessions of the app have ended."""

from __future__ import annotations

import logging
from typing import Final, Literal

from hipflask.errors import AuthError, SessionExpired
from hipflask.protocol.clock import Clock

from .client import AuthClient
from .current import address
from .sessions import Session, Sessions

_logger: Final = logging.getLogger("hipflask.auth")

Scope = Literal["local", "others", "global"]


class Endings:
    """Ends at Auth what has ended here. Auth being away stops nobody from signing out."""

    def __init__(self, client: AuthClient, sessions: Sessions, clock: Clock) -> None:
        self._client = client
        self._sessions = sessions
        self._clock = clock

    def tell(self, session: Session, scope: Scope = "local") -> bool:
        """End this session, the ``others`` of its user or all; False when Auth did not do it."""
        try:
            token = session.access_token
            if not session.is_usable(self._clock.now()):
                token = self._fresh_token(session, scope)
            self._client.sign_out(token, scope, address=address())
        except SessionExpired:
            return True
        except AuthError as error:
            _logger.warning("Auth was not told of a session's end: %s", error)
            return False
        return True

    def _fresh_token(self, session: Session, scope: Scope) -> str:
        """Return an access token that Auth accepts; the row is gone unless others are ended."""
        if scope == "others":
            fresh = self._sessions.refresh(session)
            if fresh is None:
                raise SessionExpired("The session is over.")
            return fresh.access_token
        return self._client.refresh(session.refresh_token, address=address()).access_token
