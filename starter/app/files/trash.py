"""Deleting files, bringing them back, and clearing away what was deleted a week ago.

A deleted file keeps its bytes for a week, which count as used. Its shared links end at once: the
object gets another name.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING
from uuid import UUID

from hipflask import errors

from .entry import PAGE_SIZE, Entry, Listing
from .sharing import end_sharing
from .shelf import COLUMNS, JOINED, LOCK, THERE, free_name, path_to

if TYPE_CHECKING:
    from hipflask import Bucket, Database, Transaction, User

MOST_AT_ONCE = 500

# All that lies in what is deleted and is to go for good.
_GONE = """
    with recursive gone as (
      select id from public.files where deleted_at < now() - %(age)s::interval
      union
      select below.id from public.files below join gone on below.folder_id = gone.id
    )
"""
WEEK = "7 days"


class Trash:
    """What one user has deleted."""

    def __init__(self, db: Database, user: User, bucket: Bucket) -> None:
        self._db = db
        self._user = user
        self._bucket = bucket

    def page(self, number: int) -> Listing:
        """Return a page of what was deleted, the latest first; of a folder, the folder."""
        rows = self._db.fetch_all_as(
            self._user,
            f"select {COLUMNS}, count(*) over () as total {JOINED}"
            f" where f.deleted_at is not null and {THERE}"
            " order by f.deleted_at desc, f.id limit %(limit)s offset %(offset)s",
            {"limit": PAGE_SIZE, "offset": (number - 1) * PAGE_SIZE},
            row_type=Entry,
        )
        return Listing([], rows, number)

    def delete(self, entry_id: UUID) -> bool:
        """Put a file or folder away; False when it is not there."""
        with contextlib.suppress(errors.StorageUnavailable):
            self.clear(WEEK)  # another time, then
        end_sharing(self._db, self._user, self._bucket, entry_id)
        return (
            self._db.execute_as(
                self._user,
                "update public.files set deleted_at = now() where id = %s and deleted_at is null",
                [entry_id],
            )
            == 1
        )

    def restore(self, entry_id: UUID) -> tuple[str, UUID | None] | None:
        """Bring something back and return its name and folder; None when it is gone for good.

        It goes to the topmost folder when its own is no longer there, and gets a number when
        something else has its name now.
        """
        with self._db.as_user(self._user) as tx:
            tx.execute(LOCK)
            row = tx.fetch_one(
                "select name, folder_id from public.files where id = %s and deleted_at is not null",
                [entry_id],
            )
            if row is None:
                return None
            folder_id = row["folder_id"]
            if path_to(tx, folder_id) is None:
                folder_id = None
            name = free_name(tx, row["name"], folder_id)
            tx.execute(
                "update public.files set deleted_at = null, folder_id = %s, name = %s"
                " where id = %s",
                [folder_id, name, entry_id],
            )
            return name, folder_id

    def clear(self, age: str = "0 seconds") -> bool:
        """Delete for good what was deleted longer ago than ``age``, and uploads given up.

        First the bytes, then the rows: what goes wrong in between is done next time. No more than
        some hundred files at once, for somebody waits; returns whether there is a rest.
        """
        with self._db.as_user(self._user) as tx:
            rows = tx.fetch_all(
                f"{_GONE} select f.id, f.object from public.files f join gone using (id)"  # noqa: S608
                " where f.object is not null limit %(most)s",
                {"age": age, "most": MOST_AT_ONCE},
            )
        if rows:
            self._bucket.delete([row["object"] for row in rows])
        with self._db.as_user(self._user) as tx:
            tx.execute("delete from public.files where id = any(%s)", [[r["id"] for r in rows]])
            if len(rows) < MOST_AT_ONCE:
                self._drop_folders(tx, age)
        return len(rows) == MOST_AT_ONCE

    def _drop_folders(self, tx: Transaction, age: str) -> None:
        tx.execute(
            f"{_GONE} delete from public.files where is_folder and id in (select id from gone)",  # noqa: S608
            {"age": age},
        )
        tx.execute(
            "delete from public.files f where not f.is_folder and f.deleted_at is null"
            " and f.created_at < now() - interval '1 day' and not exists"
            " (select from storage.objects o where o.bucket_id = 'files' and o.name = f.object)"
        )
