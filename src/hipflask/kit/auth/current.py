"""The session of the request at hand, and how it is replaced by a stronger or a fresh one."""

from __future__ import annotations

from flask import request

from hipflask.errors import NotSignedIn, SecondFactorNeeded
from hipflask.kit.web.signed_in import load_user
from hipflask.kit.web.visit import visit

from .answers import Tokens
from .security_log import SecurityLog
from .sessions import Session, Sessions, Visitor
from .user import User


class CurrentSession:
    """Finds and replaces the session that the request's cookie names."""

    def __init__(self, sessions: Sessions, log: SecurityLog) -> None:
        self._sessions = sessions
        self._log = log

    def whole(self) -> Session:
        """Return the session of somebody who is signed in.

        Raises NotSignedIn, or SecondFactorNeeded while that factor is still to come.
        """
        load_user()
        session: Session | None = visit().session
        if session is None:
            if visit().half_session is not None:
                raise SecondFactorNeeded("The second factor is still to come.")
            raise NotSignedIn("This needs a signed-in user.")
        return session

    def half(self) -> Session | None:
        """Return the session that waits for its second factor, or None."""
        load_user()
        session: Session | None = visit().half_session
        return session

    def either(self) -> Session:
        """Return the session, also one that waits for its second factor; raise NotSignedIn."""
        return self.half() or self.whole()

    def sign_in(self, tokens: Tokens) -> User:
        """Open a session and note it in the log, once it is whole.

        While a second factor is still to come nobody has signed in: its confirmation calls this
        again.
        """
        session = self._open(tokens)
        if not session.lacks_second_factor:
            methods = [entry.method for entry in tokens.claims.amr]
            self._log.record(session.user.id, "signed_in", methods=methods)
        return session.user

    def replace(self, tokens: Tokens) -> User:
        """Go on as the same user with other tokens, such as stronger ones."""
        return self._open(tokens).user

    def _open(self, tokens: Tokens) -> Session:
        """Sign the browser in under a new id, and end the session that it had before.

        A new id each time: one that somebody got hold of before is worth nothing afterwards
        (session fixation; OWASP Session Management Cheat Sheet, "Renew the Session ID After Any
        Privilege Level Change").
        """
        here = visit()
        before = here.session_id()
        visitor = Visitor(address(), request.headers.get("User-Agent", ""))
        session_id = here.start_session()
        try:
            session = self._sessions.open(session_id, tokens, visitor)
        except BaseException:
            here.end_session()
            raise
        if before:
            self._sessions.drop(before)
        return session

    def end_others(self) -> None:
        """End the other sessions of the user at hand."""
        self._sessions.revoke_others(self.whole())


def address() -> str:
    """Return the visitor's address, for Auth's rate limits."""
    return request.remote_addr or ""
