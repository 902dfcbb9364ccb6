"""``hip.auth.account``: what signed-in people change about their own account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from hipflask.errors import NotSignedIn
from hipflask.kit.web.signed_in import load_user
from hipflask.kit.web.visit import visit

from .client import AuthClient
from .sessions import Session, Sessions


class Account:
    """The account of whoever is signed in; every call raises NotSignedIn when nobody is."""

    def __init__(self, client: AuthClient, sessions: Sessions) -> None:
        self._client = client
        self._sessions = sessions

    def change_metadata(self, changes: Mapping[str, Any]) -> None:
        """Change what the user says about themselves (``user_metadata``); None removes a key.

        This browser's session sees it at once, others when their token is refreshed.
        """
        session = self._session()
        self._client.update_user(session.access_token, {"data": dict(changes)}, address=_address())
        self._renew(session)

    def _session(self) -> Session:
        load_user()
        session: Session | None = visit().session
        if session is None:
            raise NotSignedIn("This needs a signed-in user.")
        return session

    def _renew(self, session: Session) -> None:
        """Fetch new claims, for they carry what was just changed."""
        self._sessions.with_new_claims(session)
        visit().forget_session()


def _address() -> str:
    return request.remote_addr or ""
