"""JSON that comes in, read so that no text can break the reader or mean two things.

RFC 8259 leaves open what several members of one name mean, and how deep and how long a text may be;
I-JSON (RFC 7493 section 2) closes that, and so does this. Depth and length are looked at before
anything is made of the text: a megabyte of ``[[],[],`` would be forty times as much in memory.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from flask import Flask
from flask.json.provider import DefaultJSONProvider

MOST_DEEP: Final = 32
"""Arrays and objects within each other."""

MOST_VALUES: Final = 20_000
"""Members and elements of the whole text."""

# Strings to their end, also those that have none: each byte is looked at once.
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z)', re.DOTALL)
_BRACKETS: Final = re.compile(rb"[\[{\]}]")


def check_json_shape(raw: bytes) -> None:
    """Raise ValueError for a JSON text that is too deep or has too much in it.

    For a reader of your own; the text need not be JSON. An ordinary one costs a microsecond.
    """
    opened = raw.count(b"[") + raw.count(b"{")
    if opened <= MOST_DEEP and opened + raw.count(b",") <= MOST_VALUES:
        return
    bare = _STRING.sub(b"", raw)  # what looks like a bracket within a text is none
    opened = bare.count(b"[") + bare.count(b"{")
    if bare.count(b",") + opened > MOST_VALUES:
        raise ValueError(f"the JSON has more than {MOST_VALUES} values")
    if opened <= MOST_DEEP:
        return
    depth = 0
    for found in _BRACKETS.finditer(bare):
        depth += 1 if found[0] in b"[{" else -1
        if depth > MOST_DEEP:
            raise ValueError(f"the JSON is nested more than {MOST_DEEP} deep")


class CautiousJson(DefaultJSONProvider):
    """Flask's own JSON, strict in what it reads."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Read JSON; raise ValueError, which Flask answers with 400."""
        if isinstance(s, bytes | bytearray):
            check_json_shape(s)
            s = s.decode()  # UTF-8 and nothing else (RFC 8259 section 8.1)
        try:
            return super().loads(s, **kwargs) if kwargs else _READER.decode(s)
        except RecursionError as error:
            raise ValueError("the JSON is nested too deeply") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object. Two readers of one with a name twice would see different values."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")  # Python reads NaN and Infinity; PostgreSQL does not


_READER: Final = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)


def read_json_cautiously(app: Flask) -> None:
    """Give the app the cautious reader, unless it brought a reader of its own."""
    if type(app.json) is DefaultJSONProvider:
        app.json = CautiousJson(app)
