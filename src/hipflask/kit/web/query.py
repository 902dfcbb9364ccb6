"""The query string, made readable whatever bytes a client has put into it."""

from __future__ import annotations

import re
from typing import Final

from flask import Request

_NOT_ASCII: Final = re.compile(rb"[^\x00-\x7f]")


def make_query_readable(request: Request) -> None:
    """Encode bytes that RFC 3986 section 3.4 does not allow.

    Browsers do, scanners do not, and some servers hand the bytes over. ``request.args`` would raise
    UnicodeDecodeError, in the page and again in the page that explains the error.
    """
    request.query_string = _NOT_ASCII.sub(
        lambda found: b"%%%02X" % ord(found[0]), request.query_string
    )
