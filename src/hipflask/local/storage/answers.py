"""What an endpoint answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final, TypeAlias

Headers: TypeAlias = Sequence[tuple[str, str]]

_CHUNK: Final = 256 * 1024
_JSON: Final = "application/json; charset=utf-8"


class FilePart:
    """Bytes of an open file, read while they are sent; closed by the server at the end."""

    def __init__(self, file: BinaryIO, size: int, start: int = 0) -> None:
        self.file = file
        self.size = size
        if start:
            file.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        left = self.size
        while left > 0 and (chunk := self.file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk

    def close(self) -> None:
        """Close the file."""
        self.file.close()


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers, and a body: bytes, a part of a file, or nothing.

    ``length`` is the Content-Length of an answer to HEAD, whose body stays away.
    """

    status: int = 200
    headers: Headers = ()
    body: bytes | FilePart = field(default=b"", repr=False)
    length: int | None = None


def json_answer(body: Any, status: int = 200, headers: Headers = ()) -> Answer:
    """Return ``body`` as JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # An error may quote what came in, and that may hold a lone surrogate.
    raw = text.encode(errors="replace")
    return Answer(status, (*headers, ("Content-Type", _JSON)), raw)


def text_answer(text: str, status: int = 200, headers: Headers = ()) -> Answer:
    """Return ``text`` as plain text."""
    return Answer(status, (*headers, ("Content-Type", "text/plain;charset=UTF-8")), text.encode())
