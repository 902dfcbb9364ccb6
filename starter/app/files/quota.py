"""How much somebody stores, and may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipflask import Transaction

LARGEST = 52_428_800
"""Bytes of one file: the bucket's ``file_size_limit``."""


@dataclass(frozen=True)
class Usage:
    """Bytes that are stored, that deleted files take of them, that are coming, and the quota.

    The database keeps to the quota by itself (the policy for insert on ``storage.objects``); here
    it is only told in time, and in words.
    """

    stored: int
    deleted: int
    coming: int
    quota: int

    @property
    def left(self) -> int:
        """How many bytes there is room for."""
        return max(0, self.quota - self.stored - self.coming)

    @property
    def percent(self) -> int:
        """How full it is; 100 only when nothing fits any more."""
        if self.left == 0:
            return 100
        return min(99, round(100 * self.stored / self.quota))

    @property
    def is_short(self) -> bool:
        """Whether it is time to say so."""
        return self.percent >= 90


def measure(tx: Transaction) -> Usage:
    """Return what the transaction's user stores."""
    usage = tx.fetch_one(
        """
        with recursive away as (
          select id, object from public.files where deleted_at is not null
          union
          select below.id, below.object from public.files below join away
            on below.folder_id = away.id
        )
        select public.files_stored() as stored, public.files_coming() as coming,
               public.files_quota() as quota,
               (select coalesce(sum((o.metadata ->> 'size')::bigint), 0)::bigint
                from away join storage.objects o on o.bucket_id = 'files' and o.name = away.object
               ) as deleted
        """,
        row_type=Usage,
    )
    assert usage is not None, "a select without from has one row"
    return usage
