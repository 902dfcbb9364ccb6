"""``hip.sessions``: open, load, refresh, list and revoke."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from hipflask.errors import AuthError, AuthUnavailable, SessionExpired, TooManyAttempts, UserBanned
from hipflask.kit.auth.answers import Tokens
from hipflask.kit.data import Database
from hipflask.kit.web.seal import Sealer
from hipflask.protocol.clock import Clock

from .cache import SessionCache
from .record import Session, SessionInfo, Visitor, hash_of
from .single_flight import KeyedLocks
from .store import SessionStore, StoredSession
from .vault import Vault

_logger: Final = logging.getLogger("hipflask.sessions")

MARGIN: Final = timedelta(seconds=60)
"""How long before its end an access token is refreshed. While Auth is away the old one still
serves for this long."""

PAUSE: Final = timedelta(seconds=5)
"""How long a token that still serves is not tried again after Auth has failed."""


class Sessions:
    """The sessions of one app's users.

    ``refresh`` exchanges a refresh token at Supabase Auth.
    """

    def __init__(
        self,
        db: Database,
        refresh: Callable[[str], Tokens],
        sealer: Sealer,
        clock: Clock,
        *,
        lifetime: timedelta,
    ) -> None:
        self._store = SessionStore(db)
        self._refresh_at_auth = refresh
        self._vault = Vault(sealer)
        self._clock = clock
        self._lifetime = lifetime
        self._cache = SessionCache(clock)
        self._flights = KeyedLocks()
        self._try_again_at: datetime | None = None

    def open(self, session_id: str, tokens: Tokens, visitor: Visitor) -> Session:
        """Store a new session under an id that nobody has used before."""
        now = self._clock.now()
        session = Session.of_tokens(hash_of(session_id), tokens, now + self._lifetime)
        sealed = self._vault.seal(session)
        self._store.insert(session, sealed, self._vault.key_id, visitor, now)
        return session

    def load(self, session_id: str) -> Session | None:
        """Return the session of an id, refreshed if it is due; None when there is none.

        Raises DatabaseUnavailable, and AuthUnavailable when the access token has ended and Auth
        cannot give a new one: the user is then neither signed in nor signed out.
        """
        id_hash = hash_of(session_id)
        now = self._clock.now()
        session = self._cache.get(id_hash)
        if session is not None and not session.is_due(now, MARGIN) and session.is_usable(now):
            return session
        ticket = self._cache.ticket()
        row = self._store.find(id_hash, now)
        session = self._opened(id_hash, row)
        if session is not None:
            session = self.renewed(session)
        if session is not None:
            self._cache.put(session, ticket)
        return session

    def renewed(self, session: Session) -> Session | None:
        """Return a session that was loaded, refreshed if it is due by now; None when it is over.

        Raises AuthUnavailable as ``load`` does.
        """
        return self.refresh(session) if self._must_refresh(session, self._clock.now()) else session

    def peek(self, session_id: str) -> Session | None:
        """Return the session as it is stored, without refreshing it."""
        id_hash = hash_of(session_id)
        return self._opened(id_hash, self._store.find(id_hash, self._clock.now()))

    def refresh(self, session: Session, *, force: bool = False) -> Session | None:
        """Return the session with a fresh access token; None when Auth says that it is over.

        One thread of this process goes to the database, one process of all holds the row's lock,
        and who comes after finds the new tokens there. With ``force`` the claims are renewed even
        if the token is not due, as after a change of e-mail.
        """
        with self._flights.hold(session.id_hash), self._store.transaction() as tx:
            now = self._clock.now()
            row = self._store.lock(tx, session.id_hash, now)
            current = self._opened(session.id_hash, row)
            if current is None:
                return None
            renewed = current.access_token != session.access_token
            if not current.is_due(now, MARGIN) and (renewed or not force):
                return current
            try:
                tokens = self._refresh_at_auth(current.refresh_token)
            except (SessionExpired, UserBanned) as error:
                _logger.info("a session of %s ended: %s", current.user.id, error.code)
                self._store.delete_locked(tx, session.id_hash)
                self._cache.forget(session.id_hash)
                return None
            except AuthError as error:
                self._try_again_at = now + PAUSE
                return _carry_on(current, error, usable=current.is_usable(now))
            fresh = Session.of_tokens(session.id_hash, tokens, current.expires_at)
            if fresh.user.id != current.user.id:
                # The pair of tokens came from two people: a session must not change its user.
                self._store.delete_locked(tx, session.id_hash)
                self._cache.forget(session.id_hash)
                return None
            sealed = self._vault.seal(fresh)
            self._store.update(tx, fresh, sealed, self._vault.key_id, now)
            return fresh

    def with_new_claims(self, session: Session) -> Session | None:
        """Return the session with claims that say what has just changed; None when it is over."""
        fresh = self.refresh(session, force=True)
        self._cache.forget(session.id_hash)
        return fresh

    def is_behind(self, auth_session_id: str) -> bool:
        """Whether a session of the app rests on this session of Supabase Auth."""
        return self._store.has_auth_session(auth_session_id, self._clock.now())

    def of_user(self, user_id: str, *, current: Session | None = None) -> list[SessionInfo]:
        """Return the user's sessions for a list, the latest seen first."""
        mark = current.id_hash if current else None
        return self._store.list_of_user(user_id, mark, self._clock.now())

    def revoke(self, session: Session) -> None:
        """End one session of the app. At Auth it lives on until it is signed out there."""
        self._end(session.id_hash)

    def drop(self, session_id: str) -> None:
        """End the session of an id, if there is one."""
        self._end(hash_of(session_id))

    def revoke_handle(self, user_id: str, handle: str) -> Session | None:
        """End the session that a user has picked from the list; return it, or None."""
        taken = self._store.take_handle(user_id, handle)
        if taken is None:
            return None
        self._cache.forget(taken.id_hash)
        return self._vault.open(taken.id_hash, taken.tokens, taken.expires_at)

    def revoke_all(self, user_id: str) -> int:
        """End every session of a user; return how many there were."""
        return self._revoke_but(user_id, None)

    def revoke_others(self, session: Session) -> int:
        """End every session of the user but this one; return how many there were."""
        return self._revoke_but(session.user.id, session.id_hash)

    def _end(self, id_hash: bytes) -> None:
        self._store.delete(id_hash)
        self._cache.forget(id_hash)

    def _must_refresh(self, session: Session, now: datetime) -> bool:
        """Whether to call Auth: not while it has just failed and the old token still serves."""
        if not session.is_due(now, MARGIN):
            return False
        pausing = self._try_again_at is not None and now < self._try_again_at
        return not (pausing and session.is_usable(now))

    def _revoke_but(self, user_id: str, keep: bytes | None) -> int:
        gone = self._store.delete_of_user(user_id, keep=keep)
        self._cache.forget_user(user_id, keep=keep)
        return gone

    def _opened(self, id_hash: bytes, row: StoredSession | None) -> Session | None:
        if row is None:
            return None
        session = self._vault.open(id_hash, row.tokens, row.expires_at)
        if session is None:
            _logger.warning("a session cannot be opened: sealed with key %s", row.key_id)
        return session


def _carry_on(session: Session, error: AuthError, *, usable: bool) -> Session:
    """Go on with the old token while it lasts; afterwards say that Auth is away."""
    if usable:
        _logger.warning("refreshing a session failed, the old token still serves: %s", error)
        return session
    if isinstance(error, TooManyAttempts):
        raise AuthUnavailable(
            "Supabase Auth limits how often sessions are refreshed.",
            reason="rate_limited",
            hint="Set SUPABASE_SECRET_KEY so that visitors are counted one by one, or raise the"
            " token_refresh limit.",
        ) from error
    raise error
