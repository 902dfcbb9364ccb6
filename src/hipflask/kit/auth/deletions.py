"""``hip.auth.account.deletions``: accounts that are to be deleted, after a time to think again.

The row in ``hipflask.account_deletions`` decides. ``app_metadata.deletion_due`` repeats it in the
user's own token, so that every page can show a banner without a query; only the server writes it.
Deleting goes from the outside in: objects, then the user, and the user's rows with it (foreign
keys). Whatever stops it half-way, running it again goes on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final

from hipflask.errors import (
    BucketNotFound,
    ConfigError,
    HipFlaskError,
    LinkExpired,
    SealBroken,
    SessionExpired,
)
from hipflask.kit.data import SERVICE, Database
from hipflask.kit.web.seal import Sealer
from hipflask.protocol.clock import Clock

from .client import AuthClient
from .security_log import SecurityLog
from .user import User

if TYPE_CHECKING:
    from hipflask.kit.storage import Bucket, Storage

_logger: Final = logging.getLogger("hipflask.account")

GRACE: Final = timedelta(days=14)
"""How long a deletion can be undone."""

MARK: Final = "deletion_due"
"""The key of ``app_metadata`` that repeats when the account is deleted."""

SWEPT_EVERY: Final = timedelta(hours=1)
"""How often a visit may carry deletions out, in each process."""

_SEAL: Final = "undo deletion"
_AT_A_VISIT: Final = 2  # somebody waits for the page meanwhile
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion that was asked for."""

    user_id: str
    asked_at: datetime
    due_at: datetime


class Deletions:
    """Asks for deletions, undoes them and carries them out. Needs ``SUPABASE_SECRET_KEY``."""

    def __init__(
        self,
        db: Database,
        admin: Callable[[], AuthClient],
        storage: Callable[[], Storage],
        sealer: Sealer,
        clock: Clock,
        log: SecurityLog,
    ) -> None:
        self._db = db
        self._admin = admin
        self._storage = storage
        self._sealer = sealer
        self._clock = clock
        self._log = log
        self._lock = Lock()
        self._next_sweep: datetime | None = None

    def ask(self, user_id: str) -> Deletion:
        """Set an account's end; asked again, the first date stays. Raises ConfigError."""
        now = self._clock.now()
        row = self._db.fetch_one_as(
            SERVICE,
            "insert into hipflask.account_deletions as d (user_id, asked_at, due_at)"
            " values (%s, %s, %s) on conflict (user_id) do update set asked_at = d.asked_at"
            " returning user_id::text as user_id, asked_at, due_at",
            (user_id, now, now + GRACE),
            row_type=Deletion,
        )
        assert row is not None, "an upsert returns its row"
        try:
            self._mark(user_id, row.due_at.isoformat(timespec="seconds"))
        except HipFlaskError:
            # Nobody would see a banner: better not asked than asked in silence.
            self._db.execute_as(
                SERVICE, "delete from hipflask.account_deletions where user_id = %s", (user_id,)
            )
            raise
        self._log.record(user_id, "deletion_asked", due=row.due_at.isoformat(timespec="seconds"))
        return row

    def pending(self, user_id: str) -> Deletion | None:
        """Return the deletion that an account waits for."""
        return self._db.fetch_one_as(
            SERVICE,
            "select user_id::text as user_id, asked_at, due_at from hipflask.account_deletions"
            " where user_id = %s",
            (user_id,),
            row_type=Deletion,
        )

    def undo(self, user_id: str) -> bool:
        """Keep the account after all; False when it does not wait for its end, or it has begun."""
        gone = self._db.execute_as(
            SERVICE,
            "delete from hipflask.account_deletions where user_id = %s and started_at is null",
            (user_id,),
        )
        if gone:
            self._log.record(user_id, "deletion_undone")
        if gone or self.pending(user_id) is None:
            self._mark(user_id, None)
        return bool(gone)

    def undo_token(self, deletion: Deletion) -> str:
        """Return what a mail's link carries to undo this deletion, and no later one."""
        body = json.dumps([deletion.user_id, deletion.asked_at.isoformat()]).encode()
        return self._sealer.seal(_SEAL, body, deletion.due_at)

    def undo_by_token(self, token: str) -> str:
        """Undo the deletion that a link names and return the user's id; raise LinkExpired."""
        try:
            user_id, asked_at = json.loads(self._sealer.open(_SEAL, token))
        except SealBroken as error:
            raise LinkExpired("The link is too old or not complete.") from error
        pending = self.pending(user_id)
        if pending is None or pending.asked_at.isoformat() != asked_at or not self.undo(user_id):
            raise LinkExpired("There is nothing to undo.")
        return str(user_id)

    def carry_out(self, buckets: Iterable[str], *, most: int = 100) -> list[str]:
        """Delete the accounts whose time has come, with their folder in each of the buckets.

        Returns their ids. An account that cannot be deleted now is left for the next run.
        """
        due = self._db.fetch_all_as(
            SERVICE,
            "update hipflask.account_deletions set started_at = %(now)s where user_id in"
            " (select user_id from hipflask.account_deletions where due_at <= %(now)s"
            " order by due_at limit %(most)s for update skip locked)"
            " returning user_id::text as user_id",
            {"now": self._clock.now(), "most": most},
        )
        wanted = tuple(buckets)
        done: list[str] = []
        for row in due:
            try:
                self._delete(row["user_id"], wanted)
            except HipFlaskError as error:
                _logger.error("account %s could not be deleted yet: %s", row["user_id"], error)
            else:
                _logger.info("account %s was deleted", row["user_id"])
                done.append(row["user_id"])
        return done

    def sweep(self, buckets: Iterable[str]) -> list[str]:
        """Do what ``carry_out`` does, for a few accounts and at most once an hour.

        For a page of the signed-in, so that deletions happen without a scheduler: a container that
        serves nobody sleeps, and has no timer of its own. Never raises a HipFlaskError.
        """
        now = self._clock.now()
        with self._lock:
            if self._next_sweep is not None and now < self._next_sweep:
                return []
            self._next_sweep = now + SWEPT_EVERY
        try:
            return self.carry_out(buckets, most=_AT_A_VISIT)
        except HipFlaskError as error:
            _logger.error("due deletions could not be looked for: %s", error)
            return []

    def _delete(self, user_id: str, buckets: tuple[str, ...]) -> None:
        for name in buckets:
            bucket = self._storage().as_service().bucket(name)
            try:
                _empty(bucket, user_id)
            except BucketNotFound:
                continue
        try:
            self._admin().call("DELETE", f"/admin/users/{user_id}", {"should_soft_delete": False})
        except SessionExpired as error:
            if error.code != "user_not_found":
                raise

    def _mark(self, user_id: str, due: str | None) -> None:
        body = {"app_metadata": {MARK: due}}  # GoTrue merges, and null removes
        self._admin().call("PUT", f"/admin/users/{user_id}", body)


def deletion_due(user: User) -> datetime | None:
    """Return when a signed-in user's account is deleted, as their token says; None: it is not."""
    value = user.app_metadata.get(MARK)
    try:
        due = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return due if due is None or due.tzinfo else None


def admin_client(auth_url: str, service_key: str | None) -> AuthClient:
    """Return a client with the rights of the service; raise ConfigError without a key."""
    if not service_key:
        raise ConfigError(
            "SUPABASE_SECRET_KEY is missing, and accounts cannot be deleted without it.",
            hint="`hipflask status -o env` prints it; for a hosted project see Settings, API keys.",
        )
    return AuthClient(auth_url, service_key)


def _empty(bucket: Bucket, folder: str) -> None:
    names: list[str] = []
    for entry in bucket.walk(folder):
        names.append(f"{entry.name}")
        if len(names) == _AT_ONCE:
            bucket.delete(names)
            names.clear()
    if names:
        bucket.delete(names)
