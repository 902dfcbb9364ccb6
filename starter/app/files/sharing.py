"""Links that open a file without an account, until a time that its owner chooses.

The link is Storage's own, signed for the object's name: it cannot be called back. But the object
can get another name, and then no earlier link leads anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from hipflask import object_name

from .entry import Entry
from .shelf import LOCK

if TYPE_CHECKING:
    from hipflask import Bucket, Database, User

HOUR = 3600
DAY = 24 * HOUR
LIFETIMES = (HOUR, DAY, 7 * DAY, 30 * DAY)
USUAL = 7 * DAY


@dataclass(frozen=True)
class SharedLink:
    """An address for others, and when it stops working."""

    address: str
    until: datetime


def share(db: Database, user: User, bucket: Bucket, entry: Entry, seconds: int) -> SharedLink:
    """Return a link that downloads the file. The latest end of all its links is remembered."""
    address = bucket.sign_download(entry.stored, seconds, download_as=entry.name)
    row = db.fetch_one_as(
        user,
        """
        update public.files
        set shared_until = greatest(shared_until, now() + make_interval(secs => %(seconds)s))
        where id = %(id)s
        returning now() + make_interval(secs => %(seconds)s) as until
        """,
        {"id": entry.id, "seconds": seconds},
    )
    assert row is not None, "the file was there a moment ago"
    return SharedLink(address, row["until"])


def end_sharing(db: Database, user: User, bucket: Bucket, entry_id: UUID) -> int:
    """Make every link of a file, or of the files in a folder, lead nowhere; return how many had."""
    shared = db.fetch_all_as(
        user,
        """
        with recursive down as (
          select id from public.files where id = %s
          union
          select below.id from public.files below join down on below.folder_id = down.id
        )
        select f.id, f.name, f.object from public.files f join down using (id)
        where f.shared_until > now()
        """,
        [entry_id],
    )
    for row in shared:
        key = f"{user.id}/{uuid4()}/{object_name(row['name'])}"
        with db.as_user(user) as tx:
            tx.execute(LOCK)  # or a list that is opened meanwhile takes it for a stray
            bucket.move(row["object"], key)
            tx.execute(
                "update public.files set object = %s, shared_until = null where id = %s",
                [key, row["id"]],
            )
    return len(shared)
