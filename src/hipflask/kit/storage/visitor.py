"""Whose access token Storage gets: that of the request's visitor, and always a fresh one.

It comes from the visitor's session, or is the bearer token that ``api_login_required`` accepted. A
recovery token is neither: it never becomes a session, and such a bearer token is refused.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import has_request_context

from hipflask.errors import NotAllowed, NotSignedIn, SessionExpired
from hipflask.kit.auth.sessions import Session, Sessions
from hipflask.kit.auth.user import User
from hipflask.kit.data.scope import USER_ROLES
from hipflask.kit.web.caller import bearer_token
from hipflask.kit.web.signed_in import load_api_user, load_user
from hipflask.kit.web.visit import app_state, visit
from hipflask.protocol.claims import Claims


def access_token(who: object | None = None) -> Callable[[], str]:
    """Return what gives the visitor's access token, refreshed where it is due.

    ``who`` must be that visitor. Raises NotSignedIn when nobody is signed in, NotAllowed when the
    token's role is not a user's.
    """
    if not has_request_context():
        raise NotSignedIn("There is no request, so nobody is signed in. Use as_service().")
    api_user = load_api_user()
    user = api_user or load_user()
    if user is None:
        raise NotSignedIn("Nobody is signed in, so there is no user to ask Storage as.")
    if who is not None and _id(who) != user.id:
        raise NotSignedIn("Only the access token of the signed-in visitor is at hand.")
    if user.claims.role not in USER_ROLES:
        raise NotAllowed(f"A token with the role {user.claims.role!r} is not a user's.")
    if api_user is not None:
        token = bearer_token()
        return lambda: token
    return _SessionToken(app_state().sessions, visit().session)


class _SessionToken:
    """The access token of a session, which may become due while a request is at work."""

    def __init__(self, sessions: Sessions, session: Session) -> None:
        self._sessions = sessions
        self._session = session

    def __call__(self) -> str:
        fresh = self._sessions.renewed(self._session)
        if fresh is None:
            raise SessionExpired("The session has ended.")
        self._session = fresh
        return fresh.access_token


def _id(who: object) -> str | None:
    if isinstance(who, User):  # a proxy of one, too
        return who.id
    claims = who if isinstance(who, Claims) else getattr(who, "claims", None)
    return claims.sub if isinstance(claims, Claims) else None
