"""The protocol's own request headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from hipflask.local.storage.call import Call
from hipflask.local.storage.resumable import metadata
from hipflask.local.storage.resumable.refusals import invalid_headers, no_version

VERSION: Final = "1.0.0"
CHUNK_TYPE: Final = "application/offset+octet-stream"
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,15}")


def _is_metadata(header: str) -> bool:
    try:
        metadata.parsed(header)
    except ValueError:
        return False
    return True


_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "Tus-Resumable": lambda text: text == VERSION,
    "Tus-Version": lambda text: text == VERSION,
    "Upload-Length": lambda text: _NUMBER.fullmatch(text) is not None,
    "Upload-Offset": lambda text: _NUMBER.fullmatch(text) is not None,
    "Upload-Defer-Length": lambda text: text == "1",
    "Upload-Metadata": _is_metadata,
    "Upload-Concat": lambda text: text == "partial" or text.startswith("final;"),
}


def require_headers(call: Call, method: str) -> None:
    """Raise unless the request says that it speaks TUS, and no header is nonsense."""
    if not call.has_header("Tus-Resumable"):
        raise no_version()
    wrong = [
        name.lower()
        for name, check in _CHECKS.items()
        if call.has_header(name) and not check(call.header(name))
    ]
    # Some clients send a type of their own with everything; it matters where bytes are sent.
    if method == "PATCH" and call.header("Content-Type") not in ("", CHUNK_TYPE):
        wrong.append("content-type")
    if wrong:
        raise invalid_headers(wrong)


def number_in(call: Call, name: str) -> int | None:
    """Return the number in a header that was checked; None where it was not sent."""
    return int(call.header(name)) if call.has_header(name) else None
