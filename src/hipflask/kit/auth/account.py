"""``hip.auth.account``: what signed-in people see and change of their own account."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from flask import request

from hipflask.errors import (
    AuthError,
    DatabaseUnavailable,
    InvalidCredentials,
    NotSignedIn,
)
from hipflask.kit.data import Database
from hipflask.kit.limits.guesses import Guesses
from hipflask.kit.web.signed_in import load_user
from hipflask.kit.web.visit import visit
from hipflask.protocol.clock import Clock

from . import identities
from .answers import AuthUser
from .client import AuthClient
from .deletions import Deletions, deletion_due
from .endings import Endings
from .identities import Identity
from .linking import Linking
from .proof import has_password
from .security_log import SecurityLog
from .sessions import Session, SessionInfo, Sessions

_logger: Final = logging.getLogger("hipflask.account")


class Account:
    """The account of whoever is signed in; calls raise NotSignedIn when nobody is."""

    def __init__(
        self,
        client: AuthClient,
        sessions: Sessions,
        db: Database,
        clock: Clock,
        log: SecurityLog,
        guesses: Guesses,
        deletions: Deletions,
        linking: Callable[[Callable[[], Session]], Linking],
    ) -> None:
        self._client = client
        self._sessions = sessions
        self._db = db
        self._endings = Endings(client, sessions, clock)
        self._log = log
        self._guesses = guesses
        self.deletions = deletions
        self.linking = linking(self._session)

    def user(self) -> AuthUser:
        """Return the user as Auth knows them now, and not as their token says."""
        return self._client.get_user(self._session().access_token, address=_address())

    def change_metadata(self, changes: Mapping[str, Any]) -> None:
        """Change what the user says about themselves (``user_metadata``); None removes a key.

        This browser's session sees it at once, others when their token is refreshed.
        """
        session = self._session()
        self._client.update_user(session.access_token, {"data": dict(changes)}, address=_address())
        self.renew()

    def has_password(self) -> bool:
        """Whether the user can sign in with a password, and not with a provider alone."""
        return has_password(self._db, self._session().user.id)

    def check_password(self, password: str) -> None:
        """Make sure that it is the user who sits there.

        Signs in once more and ends that session again: GoTrue has no other way to ask. Raises
        InvalidCredentials, TooManyAttempts, AuthUnavailable.
        """
        session = self._session()
        if not session.user.email:
            raise InvalidCredentials("The user has no e-mail address to sign in with.")
        email, visitor = session.user.email, _address()
        with self._guesses.of_account("password", email, visitor):
            try:
                tokens = self._client.sign_in_with_password(email, password, address=visitor)
            except InvalidCredentials:
                self._log.record(session.user.id, "proof_failed", by="password")
                raise
        try:
            self._client.sign_out(tokens.access_token, "local", address=_address())
        except AuthError as error:
            _logger.warning("the session of a password check was not ended: %s", error)

    def change_password(self, new_password: str) -> None:
        """Set a new password; every other session ends, here and at Auth.

        Ask ``check_password`` first. Raises WeakPassword, SamePassword, ReauthenticationNeeded.
        """
        session = self._session()
        self._client.update_user(
            session.access_token, {"password": new_password}, address=_address()
        )
        self._sessions.revoke_others(session)  # GoTrue has ended those of Auth with the change
        self._log.record(session.user.id, "password_changed")

    def sessions(self) -> list[SessionInfo]:
        """Return where the user is signed in, the latest seen first."""
        session = self._session()
        return self._sessions.of_user(session.user.id, current=session)

    def end_session(self, handle: str) -> bool:
        """End one session, here and at Auth; False when there is none of that handle."""
        user_id = self._session().user.id
        ended = self._sessions.revoke_handle(user_id, handle)
        if ended is None:
            return False
        self._endings.tell(ended)
        self._log.record(user_id, "session_ended")
        return True

    def end_other_sessions(self) -> int:
        """End every session but this one, here and at Auth; return how many there were."""
        session = self._session()
        gone = self._sessions.revoke_others(session)
        self._client.sign_out(session.access_token, "others", address=_address())
        self._log.record(session.user.id, "other_sessions_ended", count=gone)
        return gone

    def identities(self) -> list[Identity]:
        """Return the ways in which the user can sign in."""
        return identities.identities_of(self.user())

    def unlink(self, identity_id: str) -> bool:
        """Take an identity away; False when it is not the user's.

        Raises AuthRejected, ``code`` ``single_identity_not_deletable`` for the last one.
        """
        session = self._session()
        found = [one for one in self.identities() if one.id == identity_id]
        if not found:
            return False
        identities.unlink(self._client, session.access_token, identity_id, address=_address())
        self._log.record(
            session.user.id, "identity_unlinked", provider=found[0].provider, name=found[0].name
        )
        self.renew()
        return True

    def finish_linking(self, query: Mapping[str, str]) -> str:
        """Finish what ``linking.begin`` began; see ``Linking.finish``."""
        provider = self.linking.finish(query)
        self.renew()
        return provider

    def deletion_due(self) -> datetime | None:
        """Return when the account is deleted; None also when nobody is signed in.

        Asks nobody unless the user's token says so: it may have been undone elsewhere since.
        """
        user = load_user()
        told = deletion_due(user) if user else None
        if user is None or told is None:
            return None
        try:
            pending = self.deletions.pending(user.id)
        except DatabaseUnavailable:
            return told
        return pending.due_at if pending else None

    def ask_deletion(self) -> str:
        """Set the account's end and end its other sessions; return the token that undoes it."""
        session = self._session()
        deletion = self.deletions.ask(session.user.id)
        try:
            self.end_other_sessions()
        except AuthError as error:
            _logger.warning("other sessions were not ended at Auth: %s", error)
        self.renew()
        return self.deletions.undo_token(deletion)

    def undo_deletion(self) -> bool:
        """Keep the account after all; False when there was nothing to undo."""
        undone = self.deletions.undo(self._session().user.id)
        self.renew()
        return undone

    def renew(self) -> None:
        """Fetch new claims for this session, for they carry what was just changed."""
        self._sessions.with_new_claims(self._session())
        visit().forget_session()

    def _session(self) -> Session:
        load_user()
        session: Session | None = visit().session
        if session is None:
            raise NotSignedIn("This needs a signed-in user.")
        return session


def _address() -> str:
    return request.remote_addr or ""
