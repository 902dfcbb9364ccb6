"""A whole list as CSV or NDJSON, sent while it is read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from flask import Response, request, stream_with_context
from werkzeug.exceptions import NotAcceptable
from werkzeug.http import dump_options_header

from .answers import Export
from .selection import members_in_order

CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
_TYPES: Final = (CSV, NDJSON)
_ROWS: Final = 500
"""Rows sent at once."""

_BOM: Final = "\ufeff"
"""Without it, Excel takes the file for one of the country's old encoding."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def stream(export: Export[Any], kind: Any) -> Response:
    """Return the answer. Raises NotAcceptable when the caller takes neither type."""
    wanted = request.accept_mimetypes.best_match(_TYPES) if request.accept_mimetypes else CSV
    if wanted is None:
        raise NotAcceptable()
    pieces = _csv(export, kind) if wanted == CSV else _ndjson(export)
    first = next(pieces)  # what goes wrong at the beginning can still be answered as it should
    response = Response(stream_with_context(_all(first, pieces)), mimetype=wanted)
    ending = "csv" if wanted == CSV else "ndjson"
    response.headers["Content-Disposition"] = dump_options_header(
        "attachment", {"filename": f"{export.name}.{ending}"}
    )
    response.vary.add("Accept")
    return response


def _all(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _ndjson(export: Export[Any]) -> Iterator[bytes]:
    encode = msgspec.json.Encoder().encode_lines
    for some in _batches(export):
        yield encode(some)


def _csv(export: Export[Any], kind: Any) -> Iterator[bytes]:
    names = members_in_order(kind)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write(_BOM)
    writer.writerow(names)
    for some in _batches(export):
        for row in some:
            values = msgspec.to_builtins(row)
            writer.writerow(_cell(values.get(name)) for name in names)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _batches(export: Export[Any]) -> Iterator[list[Any]]:
    """Yield the rows, some at a time; at least one batch, which is empty where there is no row."""
    some: list[Any] = []
    sent = False
    for row in export.rows:
        some.append(row)
        if len(some) == _ROWS:
            yield some
            some, sent = [], True
    if some or not sent:
        yield some


def _cell(value: Any) -> Any:
    """Return a value that a spreadsheet shows and does not compute (OWASP, CSV injection)."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
