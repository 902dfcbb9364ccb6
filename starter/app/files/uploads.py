"""Uploads: a row first, which reserves the name and the room, then the bytes.

A browser that runs scripts gets a ticket and sends the bytes to Storage itself. A plain form's
bytes pass through here, in pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from uuid import UUID, uuid4

from hipflask import errors, object_name
from hipflask import gettext as _

from .names import presentable
from .quota import LARGEST, measure
from .shelf import LOCK, free_name, path_to

if TYPE_CHECKING:
    from hipflask import Bucket, Database, User

OCTETS = "application/octet-stream"
# What the bucket takes (allowed_mime_types in the migration), without its wildcards.
_TAKEN = frozenset(
    {
        *("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/heic"),
        *("image/bmp", "image/tiff", "text/plain", "text/csv", "text/markdown"),
        *("application/json", "application/pdf", "application/zip"),
    }
)


class Readable(Protocol):
    """A binary stream."""

    def read(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Upload:
    """A place that is kept for a file, until its bytes are there."""

    id: UUID
    name: str
    object: str


class Uploads:
    """The uploads of one user."""

    def __init__(self, db: Database, user: User, bucket: Bucket) -> None:
        self._db = db
        self._user = user
        self._bucket = bucket

    def begin(self, name: str, size: int, folder_id: UUID | None) -> Upload:
        """Keep a place for a file, under another name where its own is taken.

        Raises InputRefused when it is too large, there is no room, or no such folder.
        """
        if size > LARGEST:
            raise too_large()
        upload_id = uuid4()
        with self._db.as_user(self._user) as tx:
            # One at a time, so that two uploads cannot both take the last room or the same name.
            tx.execute(LOCK)
            if path_to(tx, folder_id) is None:
                raise _refused("folder", _("This folder is no longer there."))
            if size > measure(tx).left:
                raise no_room()
            shown = free_name(tx, presentable(name), folder_id)
            key = f"{self._user.id}/{uuid4()}/{object_name(shown)}"
            tx.execute(
                "insert into public.files (id, name, folder_id, object, size)"
                " values (%s, %s, %s, %s, %s)",
                [upload_id, shown, folder_id, key, size],
            )
        return Upload(upload_id, shown, key)

    def find(self, upload_id: UUID) -> Upload | None:
        """Return an upload that is under way; None when it is not, or no longer."""
        return self._db.fetch_one_as(
            self._user,
            "select f.id, f.name, f.object from public.files f"
            " where f.id = %s and not f.is_folder and f.deleted_at is null and not exists"
            " (select from storage.objects o where o.bucket_id = 'files' and o.name = f.object)",
            [upload_id],
            row_type=Upload,
        )

    def give_up(self, upload_id: UUID) -> None:
        """Give the place away again, unless the bytes are there already."""
        self._db.execute_as(
            self._user,
            "delete from public.files f where f.id = %s and not f.is_folder and not exists"
            " (select from storage.objects o where o.bucket_id = 'files' and o.name = f.object)",
            [upload_id],
        )

    def receive(self, name: str, stream: Readable, folder_id: UUID | None) -> str:
        """Pass a form's file on to Storage as it is read, and return what it is called.

        The type is what the bytes are. Raises InputRefused as ``begin``, TypeRefused and whatever
        else the bucket says.
        """
        with self._db.as_user(self._user) as tx:
            left = measure(tx).left
        upload = self.begin(name, 0, folder_id)
        counted = _Counted(stream, min(left, LARGEST), no_room() if left < LARGEST else too_large())
        try:
            self._bucket.put(upload.object, counted, content_type=OCTETS)
        except BaseException:
            self.give_up(upload.id)
            raise
        return upload.name


class _Counted:
    """A stream that ends in an error past a limit: a form does not say how long its files are."""

    def __init__(self, stream: Readable, most: int, error: Exception) -> None:
        self._stream = stream
        self._left = most
        self._error = error

    def read(self, size: int = -1, /) -> bytes:
        piece = self._stream.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise self._error
        return piece


def taken_type(declared: str) -> str:
    """Return the type to store a file under that its browser declares so.

    The bucket takes nothing that a browser would run; such a file is stored as plain bytes.
    """
    kind = declared.partition(";")[0].strip().lower()
    return kind if kind in _TAKEN or kind.startswith(("audio/", "video/")) else OCTETS


def too_large() -> errors.InputRefused:
    """Return the refusal of a file that is larger than any may be."""
    return _refused("size", _("It is too large: a file may have up to %(most)s.", most=_most()))


def no_room() -> errors.InputRefused:
    """Return the refusal of a file that there is no room for."""
    return _refused("size", _("There is no room for it. Delete what you no longer need."))


def _most() -> str:
    from flask import current_app

    return str(current_app.jinja_env.filters["filesize"](LARGEST))


def _refused(field: str, message: str) -> errors.InputRefused:
    return errors.InputRefused(_("The file was not uploaded."), fields={field: message})
