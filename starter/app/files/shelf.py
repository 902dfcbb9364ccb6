"""The files and folders of one user: finding them, and putting them in order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from hipflask import display_name, errors
from hipflask import gettext as _

from .entry import PAGE_SIZE, Entry, Folder, Listing
from .names import numbered, presentable
from .quota import Usage, measure

if TYPE_CHECKING:
    from hipflask import Database, Transaction, User

DEEPEST = 20
"""How many folders may lie in each other."""

COLUMNS = """
    f.id, f.folder_id, f.is_folder, f.name, f.object, f.shared_until, f.created_at, f.deleted_at,
    coalesce((o.metadata ->> 'size')::bigint, 0) as size,
    coalesce(o.metadata ->> 'mimetype', '') as type,
    coalesce(f.shared_until > now(), false) as is_shared
"""
JOINED = """
    from public.files f
    left join storage.objects o on o.bucket_id = 'files' and o.name = f.object
"""
# A row without its object is an upload under way.
THERE = "(f.is_folder or o.id is not null)"

# Everything from here up to the topmost folder. Whoever makes a ring of folders by hand is not
# followed round and round.
UP = """
    with recursive up as (
      select id, folder_id, is_folder, name, deleted_at, 1 as depth
      from public.files where id = %(id)s
      union all
      select above.id, above.folder_id, above.is_folder, above.name, above.deleted_at, depth + 1
      from public.files above join up on above.id = up.folder_id where depth < 100
    )
"""
LOCK = "select pg_advisory_xact_lock(hashtextextended('files ' || auth.uid()::text, 0))"


@dataclass(frozen=True)
class Place:
    """A folder to choose, with the names of the folders it lies in."""

    id: UUID
    path: str


class Shelf:
    """The files and folders of one user."""

    def __init__(self, db: Database, user: User) -> None:
        self._db = db
        self._user = user

    def page(self, folder_id: UUID | None, number: int) -> tuple[Listing, Usage] | None:
        """Return a page of a folder and how full it all is; None when there is no such folder."""
        with self._db.as_user(self._user) as tx:
            path = path_to(tx, folder_id)
            if path is None:
                return None
            if folder_id is None:
                take_in_strays(tx)
            rows = tx.fetch_all(
                f"select {COLUMNS}, count(*) over () as total {JOINED}"
                " where f.deleted_at is null"
                " and (f.folder_id = %(folder)s or (%(folder)s::uuid is null"
                f" and f.folder_id is null)) and {THERE}"
                " order by f.is_folder desc, lower(f.name), f.id limit %(limit)s offset %(offset)s",
                {"folder": folder_id, "limit": PAGE_SIZE, "offset": (number - 1) * PAGE_SIZE},
                row_type=Entry,
            )
            return Listing(path, rows, number), measure(tx)

    def usage(self) -> Usage:
        """Return how full it all is."""
        with self._db.as_user(self._user) as tx:
            return measure(tx)

    def get(self, entry_id: UUID) -> Entry | None:
        """Return a file or folder; None when it, or a folder around it, is not there."""
        return self._db.fetch_one_as(
            self._user,
            f"{UP} select {COLUMNS}, 1 as total {JOINED} where f.id = %(id)s and {THERE}"  # noqa: S608
            " and not exists (select from up where deleted_at is not null)",
            {"id": entry_id},
            row_type=Entry,
        )

    def path(self, folder_id: UUID | None) -> list[Folder] | None:
        """Return the way from the topmost folder; None when there is no such folder."""
        with self._db.as_user(self._user) as tx:
            return path_to(tx, folder_id)

    def create_folder(self, name: str, folder_id: UUID | None) -> Folder | None:
        """Make a folder in a folder; None when that is not there.

        Raises InputRefused for a name that cannot be, or is taken.
        """
        name = check_name(name)
        with naming(name), self._db.as_user(self._user) as tx:
            tx.execute(LOCK)
            path = path_to(tx, folder_id)
            if path is None:
                return None
            if len(path) >= DEEPEST:
                raise _refused(_("Folders cannot lie any deeper than this."))
            return tx.fetch_one(
                "insert into public.files (name, folder_id, is_folder) values (%s, %s, true)"
                " returning id, name",
                [name, folder_id],
                row_type=Folder,
            )

    def rename(self, entry_id: UUID, name: str) -> bool:
        """Give a file or folder another name. Raises InputRefused as ``create_folder``."""
        name = check_name(name)
        with naming(name):
            return (
                self._db.execute_as(
                    self._user,
                    "update public.files set name = %s where id = %s and deleted_at is null",
                    [name, entry_id],
                )
                == 1
            )

    def places(self, entry: Entry) -> list[Place]:
        """Return the folders that something can be moved to: none that lies within it."""
        return self._db.fetch_all_as(
            self._user,
            """
            with recursive down as (
              select id, name as path, 1 as depth
              from public.files
              where is_folder and folder_id is null and deleted_at is null and id <> %(id)s
              union all
              select below.id, down.path || ' / ' || below.name, depth + 1
              from public.files below join down on below.folder_id = down.id
              where below.is_folder and below.deleted_at is null and below.id <> %(id)s
                and depth < 100
            )
            select id, path from down order by lower(path), id limit 1000
            """,
            {"id": entry.id},
            row_type=Place,
        )

    def move(self, entry_id: UUID, folder_id: UUID | None) -> str | None:
        """Put a file or folder into another folder; return what it is called there.

        None when either is not there, or the one lies in the other. Raises InputRefused where
        folders would lie too deep.
        """
        with self._db.as_user(self._user) as tx:
            tx.execute(LOCK)
            path = path_to(tx, folder_id)
            if path is None or any(folder.id == entry_id for folder in path):
                return None
            name = tx.fetch_value(
                "select name from public.files where id = %s and deleted_at is null", [entry_id]
            )
            if name is None:
                return None
            if len(path) + _height(tx, entry_id) > DEEPEST:
                message = _("Folders cannot lie any deeper than this.")
                raise errors.InputRefused(_("Nothing was changed."), fields={"folder": message})
            name = free_name(tx, name, folder_id, without=entry_id)
            tx.execute(
                "update public.files set folder_id = %s, name = %s where id = %s",
                [folder_id, name, entry_id],
            )
            return str(name)


def check_name(name: str) -> str:
    """Return a name as it will be shown; raise InputRefused when nothing is left of it."""
    if not name.strip(" ."):
        raise _refused(_("Give it a name."))
    if any(character in name for character in "/\\"):
        raise _refused(_("Leave out slashes: they stand for folders."))
    return presentable(name)


def path_to(tx: Transaction, folder_id: UUID | None) -> list[Folder] | None:
    """Return the folders from the topmost to this one; None when one of them is not there."""
    if folder_id is None:
        return []
    rows = tx.fetch_all(
        f"{UP} select id, name, is_folder and deleted_at is null as there from up"  # noqa: S608
        " order by depth desc",
        {"id": folder_id},
    )
    if not rows or not all(row["there"] for row in rows):
        return None
    return [Folder(row["id"], row["name"]) for row in rows]


def free_name(
    tx: Transaction, wanted: str, folder_id: UUID | None, *, without: UUID | None = None
) -> str:
    """Return the name, with a number where something in the folder has it, or is to have it.

    The database compares, for it keeps them apart as well: Python's ``lower`` knows other letters.
    """
    names = numbered(wanted)
    while True:
        name = tx.fetch_value(
            """
            select name from unnest(%(names)s::text[]) with ordinality as tried (name, place)
            where not exists (
              select from public.files f
              where f.deleted_at is null and lower(f.name) = lower(tried.name)
                and f.folder_id is not distinct from %(folder)s::uuid
                and f.id is distinct from %(without)s::uuid
            )
            order by place limit 1
            """,
            {"names": list(islice(names, 50)), "folder": folder_id, "without": without},
        )
        if name is not None:
            return str(name)


def take_in_strays(tx: Transaction) -> None:
    """Give names to objects that came by another way: S3, the dashboard, a program of the owner's.

    They count, so they must be seen.
    """
    strays = tx.fetch_all(
        """
        select o.name, (o.metadata ->> 'size')::bigint as size from storage.objects o
        where o.bucket_id = 'files' and o.name collate "C" >= auth.uid()::text || '/'
          and o.name collate "C" < auth.uid()::text || '0'
          and o.name not like '%.emptyFolderPlaceholder'
          and not exists (select from public.files f where f.object = o.name)
        order by o.name limit 100
        """
    )
    if not strays:
        return
    tx.execute(LOCK)
    for stray in strays:
        name = free_name(tx, presentable(display_name(stray["name"])), None)
        tx.execute(
            """
            insert into public.files (name, object, size)
            select %(name)s, %(object)s, %(size)s
            where exists (
              select from storage.objects o where o.bucket_id = 'files' and o.name = %(object)s
            )
            on conflict (object) do nothing
            """,
            {"name": name, "object": stray["name"], "size": stray["size"] or 0},
        )


def _height(tx: Transaction, entry_id: UUID) -> int:
    """Return how many folders lie in each other here, itself counted; 0 for a file."""
    height = tx.fetch_value(
        """
        with recursive down as (
          select id, 1 as depth from public.files where id = %s and is_folder
          union all
          select below.id, depth + 1
          from public.files below join down on below.folder_id = down.id
          where below.is_folder and depth < 100
        )
        select coalesce(max(depth), 0) from down
        """,
        [entry_id],
    )
    return int(height or 0)


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Turn the database's refusal of a taken name into words for the person at the form."""
    try:
        yield
    except errors.Conflict as error:
        raise _refused(_("There is something called “%(name)s” already.", name=name)) from error


def _refused(message: str) -> errors.InputRefused:
    return errors.InputRefused(_("Nothing was changed."), fields={"name": message})
