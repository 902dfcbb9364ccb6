"""Cursors: where a page ends, packed for the address of the next one.

A cursor is no secret and no permission: row-level security decides what is behind it. It is only
not to be taken for something that clients may build.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, TypeVar

import msgspec
from werkzeug.exceptions import NotFound

from hipflask.kit.web.i18n import gettext as _

T = TypeVar("T")


def pack(*values: Any) -> str:
    """Return values as a cursor: letters, digits, ``-`` and ``_``."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def unpack(cursor: str, kind: type[T]) -> T:
    """Return the values of a cursor, as ``kind`` (a tuple type) has them.

    Raises NotFound for anything else: the list has no such page.
    """
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise NotFound(_("Send the address in “next” as it is.")) from error
