"""The Flask view of an operation: admit, read, call the handler, answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from flask import Response, request
from werkzeug.exceptions import NotAcceptable

from . import conditions, exports, idempotency, incoming, selection
from .answers import Created, Export, Page
from .conditions import Match
from .operation import Operation

_encode: Final = msgspec.json.Encoder().encode


def view_of(operation: Operation) -> Callable[..., Response]:
    """Return the view; everything that can be decided now is not decided again per request."""
    arguments = _argument_reader(operation)
    answer = _answerer(operation)
    handler, admit = operation.handler, operation.who.admit
    is_export = operation.wrapper is Export

    def view(**path_values: Any) -> Response:
        admit()
        if not is_export and not _takes_json():
            raise NotAcceptable()
        values = arguments()
        return answer(handler(**path_values, **values), values.get("query"))

    return idempotency.guarded(view, operation) if operation.method == "POST" else view


def _argument_reader(operation: Operation) -> Callable[[], dict[str, Any]]:
    readers: dict[str, Callable[[], Any]] = {}
    if operation.query is not None:
        readers["query"] = incoming.query_reader(operation.query)
    if operation.body is not None:
        readers["body"] = incoming.body_reader(operation.body, patch=operation.method == "PATCH")
    if operation.takes_match:
        match = Match(operation.version)
        readers["match"] = lambda: match
    knows_query = operation.query is not None

    def read() -> dict[str, Any]:
        if not knows_query:
            incoming.refuse_query()
        return {name: reader() for name, reader in readers.items()}

    return read


def _answerer(operation: Operation) -> Callable[[Any, Any], Response]:
    if operation.wrapper is Export:
        return lambda export, _query: exports.stream(export, operation.value)
    if operation.wrapper is Page:
        return lambda page, query: _page(page, selection.chosen(query, operation.value))
    if operation.wrapper is Created:
        return lambda made, _query: _created(made, operation.version)
    if operation.value is None:
        return lambda _nothing, _query: Response(status=204)
    return lambda thing, query: _thing(thing, operation, query)


def _created(made: Created[Any], version: str) -> Response:
    response = _json(_encode(made.value), 201)
    response.headers["Location"] = made.location
    if version and hasattr(made.value, version):
        response.headers["ETag"] = conditions.tag_of(made.value, version)
    return response


def _thing(thing: Any, operation: Operation, query: Any) -> Response:
    tag = ""
    if operation.version and hasattr(thing, operation.version):
        tag = conditions.tag_of(thing, operation.version)
        if operation.method == "GET" and conditions.is_known(tag):
            return _unchanged(tag)
    names = selection.chosen(query, operation.value)
    response = _json(_encode(selection.trimmed(thing, names) if names else thing), 200)
    if tag:
        response.headers["ETag"] = tag
    return response


def _page(page: Page[Any], names: frozenset[str]) -> Response:
    if names:
        page = Page([selection.trimmed(item, names) for item in page.items], page.next)
    raw = _encode(page)
    tag = conditions.tag_of_bytes(raw)
    response = _unchanged(tag) if conditions.is_known(tag) else _json(raw, 200)
    response.headers["ETag"] = tag
    if page.next:
        response.headers["Link"] = f'<{page.next}>; rel="next"'
    return response


def _unchanged(tag: str) -> Response:
    response = Response(status=304)
    response.headers["ETag"] = tag
    return response


def _json(raw: bytes, status: int) -> Response:
    return Response(raw, status=status, mimetype="application/json")


def _takes_json() -> bool:
    """Whether the caller takes JSON (RFC 9110 section 12.5.1); no word about it means yes."""
    accepted = request.accept_mimetypes
    return not accepted or bool(accepted.quality("application/json"))
