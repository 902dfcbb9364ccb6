"""The picture that stands for somebody in the account menu: the newest object of theirs.

Each has a name of its own, so that browsers may keep it for good, and the next one is seen at once.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING
from uuid import uuid4

from hipflask import current_user, errors, without_metadata
from hipflask import gettext as _

from .extensions import hip

if TYPE_CHECKING:
    from hipflask import Bucket, FormPart

BUCKET = "avatars"
LARGEST = 2_000_000
"""Bytes: the bucket's ``file_size_limit``."""

_PIECE = 64 * 1024
YEAR = 365 * 24 * 3600
_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


def avatar_url() -> str:
    """Return the address of the signed-in visitor's picture; empty when there is none."""
    newest = next(iter(_names(1)), "")
    return hip.storage.as_anon().bucket(BUCKET).public_url(newest) if newest else ""


def initial() -> str:
    """Return the letter that stands in its place."""
    name = (current_user.email or "").lstrip("._-+")
    return name[:1].upper() or "·"


def replace(picture: FormPart) -> None:
    """Store a picture and drop the ones before it.

    Without what it tells beside itself: anybody may see it, and a phone writes down where it was
    taken. Raises InputRefused when it is none, or too large.
    """
    content = _content(picture)
    before = _names(20)
    if len(before) > 1:
        _bucket().delete(before[1:])  # left over from a time that Storage was away
    name = f"{current_user.id}/{uuid4()}"
    try:
        stored = _bucket().put(name, content, cache_seconds=YEAR)
    except errors.TypeRefused as error:
        raise _no_picture() from error
    except errors.TooLarge as error:
        raise _too_large() from error
    assert stored.content_type in _PICTURES, "the bucket takes nothing else"
    with contextlib.suppress(errors.StorageUnavailable):
        _bucket().delete(before)


def remove() -> None:
    """Drop the picture, and what may be left of earlier ones."""
    while names := _names(100):
        if not _bucket().delete(names):
            break


def check_chosen(chosen: bool) -> None:
    """Raise InputRefused when a form came without a picture."""
    if not chosen:
        raise _refused(_("Choose a picture first."))


def _content(picture: FormPart) -> bytes:
    """Read a picture that is small enough, and take out of it what is not picture."""
    content = bytearray()
    while piece := picture.read(_PIECE):
        content += piece
        if len(content) > LARGEST:
            raise _too_large()
    try:
        return without_metadata(bytes(content))
    except ValueError as error:
        raise _no_picture() from error


def _names(most: int) -> list[str]:
    rows = hip.db.fetch_all_as(
        current_user,
        """
        select name from storage.objects
        where bucket_id = 'avatars' and name collate "C" >= auth.uid()::text || '/'
          and name collate "C" < auth.uid()::text || '0'
        order by created_at desc, name limit %s
        """,
        [most],
    )
    return [row["name"] for row in rows]


def _bucket() -> Bucket:
    return hip.storage.as_user().bucket(BUCKET)


def _no_picture() -> errors.InputRefused:
    return _refused(_("This is no picture that can be shown. Choose a PNG, JPEG, GIF or WebP."))


def _too_large() -> errors.InputRefused:
    return _refused(_("It is too large: a picture may have up to 2 MB."))


def _refused(message: str) -> errors.InputRefused:
    return errors.InputRefused(_("The picture was not saved."), fields={"picture": message})
