"""The SQL of ``hipflask.sessions``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from hipflask.kit.data import SERVICE, Database, Transaction

from .record import Session, SessionInfo, Visitor

SEEN_EVERY: Final = timedelta(minutes=5)
"""How exact ``last_seen_at`` is. Writing it on every load would turn each page into an update."""

_MOST_USER_AGENT: Final = 400
_MOST_ADDRESS: Final = 64


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A row, still sealed."""

    tokens: str
    key_id: str
    expires_at: datetime


class SessionStore:
    """Reads and writes rows; knows nothing of tokens or Supabase Auth."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def transaction(self) -> Transaction:
        """Return a transaction for ``lock`` and what follows it."""
        return self._db.as_service()

    def find(self, id_hash: bytes, now: datetime) -> StoredSession | None:
        """Return the row if the session is not over, noting now and then that it was seen."""
        return self._db.fetch_one_as(
            SERVICE,
            # Skipping a locked row: nobody waits here for a refresh that is under way.
            "with seen as (update hipflask.sessions set last_seen_at = %(now)s where id_hash ="
            " (select id_hash from hipflask.sessions where id_hash = %(id)s"
            " and last_seen_at < %(before)s for update skip locked))"
            " select tokens, key_id, expires_at from hipflask.sessions"
            " where id_hash = %(id)s and expires_at > %(now)s",
            {"id": id_hash, "now": now, "before": now - SEEN_EVERY},
            row_type=StoredSession,
        )

    def lock(self, tx: Transaction, id_hash: bytes, now: datetime) -> StoredSession | None:
        """Return the row and keep every other process from it until the transaction ends."""
        return tx.fetch_one(
            "select tokens, key_id, expires_at from hipflask.sessions"
            " where id_hash = %s and expires_at > %s for update",
            (id_hash, now),
            row_type=StoredSession,
        )

    def insert(
        self, session: Session, sealed: str, key_id: str, visitor: Visitor, now: datetime
    ) -> None:
        """Add a row, and sweep out what is over: no timer does it for us."""
        self._db.execute_as(
            SERVICE,
            "with swept as (delete from hipflask.sessions where id_hash in"
            " (select id_hash from hipflask.sessions where expires_at <= %(now)s limit 100))"
            " insert into hipflask.sessions (id_hash, user_id, auth_session_id, tokens, key_id,"
            " access_expires_at, user_agent, address, created_at, last_seen_at, refreshed_at,"
            " expires_at) values (%(id)s, %(user)s, %(auth)s, %(tokens)s, %(key)s, %(access)s,"
            " %(agent)s, %(address)s, %(now)s, %(now)s, %(now)s, %(expires)s)",
            {
                "id": session.id_hash,
                "user": session.user.id,
                "auth": session.claims.session_id,
                "tokens": sealed,
                "key": key_id,
                "access": session.access_expires_at,
                "agent": visitor.user_agent[:_MOST_USER_AGENT].replace("\0", ""),
                "address": visitor.address[:_MOST_ADDRESS].replace("\0", ""),
                "now": now,
                "expires": session.expires_at,
            },
        )

    def update(
        self, tx: Transaction, session: Session, sealed: str, key_id: str, now: datetime
    ) -> None:
        """Put new tokens into a row that is locked."""
        tx.execute(
            "update hipflask.sessions set tokens = %s, key_id = %s, access_expires_at = %s,"
            " auth_session_id = %s, refreshed_at = %s, last_seen_at = %s where id_hash = %s",
            (
                sealed,
                key_id,
                session.access_expires_at,
                session.claims.session_id,
                now,
                now,
                session.id_hash,
            ),
        )

    def delete(self, id_hash: bytes) -> None:
        """Remove a row."""
        self._db.execute_as(SERVICE, "delete from hipflask.sessions where id_hash = %s", (id_hash,))

    def delete_locked(self, tx: Transaction, id_hash: bytes) -> None:
        """Remove a row inside the transaction that holds it."""
        tx.execute("delete from hipflask.sessions where id_hash = %s", (id_hash,))

    def delete_of_user(self, user_id: str, *, keep: bytes | None = None) -> int:
        """Remove every row of a user, but for one; return how many went."""
        return self._db.execute_as(
            SERVICE,
            "delete from hipflask.sessions where user_id = %s and id_hash is distinct from %s",
            (user_id, keep),
        )

    def take_handle(self, user_id: str, handle: str) -> StoredHandle | None:
        """Remove a user's row by its handle and return what is needed to end it at Auth too."""
        return self._db.fetch_one_as(
            SERVICE,
            "delete from hipflask.sessions where user_id = %s and handle::text = %s"
            " returning id_hash, tokens, expires_at",
            (user_id, handle),
            row_type=StoredHandle,
        )

    def has_auth_session(self, auth_session_id: str, now: datetime) -> bool:
        """Whether a row names this session of Supabase Auth."""
        found = self._db.fetch_one_as(
            SERVICE,
            "select 1 as found from hipflask.sessions where auth_session_id = nullif(%s, '')::uuid"
            " and expires_at > %s limit 1",
            (auth_session_id, now),
        )
        return found is not None

    def list_of_user(self, user_id: str, current: bytes | None, now: datetime) -> list[SessionInfo]:
        """Return a user's sessions, the latest seen first."""
        return self._db.fetch_all_as(
            SERVICE,
            "select handle::text as handle, user_agent, address, created_at, last_seen_at,"
            " id_hash is not distinct from %s as is_current from hipflask.sessions"
            " where user_id = %s and expires_at > %s order by last_seen_at desc, created_at desc",
            (current, user_id, now),
            row_type=SessionInfo,
        )


@dataclass(frozen=True, slots=True)
class StoredHandle:
    """A row that was just removed by its handle."""

    id_hash: bytes
    tokens: str
    expires_at: datetime
