"""One request on its way through the service: what came in, who asks, when it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, unquote_to_bytes

from hipflask.local.storage.caller import ANON, Caller
from hipflask.local.storage.database import Database, Scope
from hipflask.local.storage.errors import (
    StorageError,
    invalid_content_type,
    invalid_request,
    too_large,
)
from hipflask.local.storage.mime_types import is_media_type
from hipflask.local.storage.validation import Schema, checked

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from hipflask.local.storage.context import StorageContext
    from hipflask.local.storage.files import Readable

LARGEST_JSON: Final = 1 << 20
# Policies may read the request's headers; these are secrets of their own.
_HIDDEN_HEADERS: Final = frozenset({"authorization", "apikey", "cookie", "x-signature"})


class Call:
    """A request with its context. The clock is read once, so that one request has one now."""

    def __init__(self, context: StorageContext, environ: WSGIEnvironment) -> None:
        self.context = context
        self.environ = environ
        self.method: str = environ["REQUEST_METHOD"]
        self.now = context.clock.now()
        self.operation = ""
        #: Somebody without a token passes where the route says so.
        self.token_is_optional = False

    # What came in

    @cached_property
    def path(self) -> str:
        """The path below the service's own, with every escape resolved; raises on bad UTF-8."""
        return decoded(self.raw_path)

    @cached_property
    def raw_path(self) -> str:
        """The path below the service's own as it was sent."""
        target = str(self.environ.get("REQUEST_URI") or self.environ.get("RAW_URI") or "")
        if not target:
            return str(self.environ.get("PATH_INFO", ""))
        path = target.partition("?")[0]
        if not path.startswith("/"):  # RFC 9112's absolute form
            path = "/" + path.partition("://")[2].partition("/")[2]
        prefix = str(self.environ.get("SCRIPT_NAME", ""))
        return path.removeprefix(prefix) or "/"

    @property
    def url(self) -> str:
        """The path below the service's own with its query, as sent."""
        query = str(self.environ.get("QUERY_STRING", ""))
        return f"{self.raw_path}?{query}" if query else self.raw_path

    def header(self, name: str, default: str = "") -> str:
        """Return a request header, by its usual name."""
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        return str(self.environ.get(key, default))

    def has_header(self, name: str) -> bool:
        """Tell whether a request header was sent."""
        return f"HTTP_{name.upper().replace('-', '_')}" in self.environ

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; the last of several of one name."""
        return {name: values[-1] for name, values in self._query_lists.items()}

    @property
    def query_values(self) -> dict[str, str | list[str]]:
        """The query's parameters; a list where several have one name."""
        return {
            name: values if len(values) > 1 else values[0]
            for name, values in self._query_lists.items()
        }

    @cached_property
    def _query_lists(self) -> dict[str, list[str]]:
        raw = str(self.environ.get("QUERY_STRING", ""))
        return parse_qs(raw, keep_blank_values=True) if raw else {}

    def checked_query(self, schema: Schema) -> dict[str, Any]:
        """Return the query's parameters, checked."""
        result: dict[str, Any] = checked(dict(self.query), schema, "querystring")
        return result

    @property
    def content_length(self) -> int | None:
        """The body's length in bytes as announced; None when it is sent in chunks."""
        text = self.header("Content-Length")
        return int(text) if text.isascii() and text.isdigit() else None

    @property
    def has_body(self) -> bool:
        """Tell whether a body was announced, be it empty."""
        return self.content_length is not None or self.has_header("Transfer-Encoding")

    @property
    def stream(self) -> Readable:
        """The body. Reading it never passes its end; ends early when the client hangs up."""
        return self.environ["wsgi.input"]  # type: ignore[no-any-return]

    def json(self, schema: Schema, *, may_be_empty: bool = False) -> dict[str, Any]:
        """Return the JSON body, checked, or raise InvalidRequest."""
        result: dict[str, Any] = checked(self._parsed(may_be_empty), schema)
        return result

    def reject_empty_json(self) -> None:
        """Refuse a body that says it is JSON and is nothing."""
        if self.header("Content-Type") and self.content_length in (None, 0):
            self._parsed(may_be_empty=False)

    def _parsed(self, may_be_empty: bool) -> Any:
        content_type = self.header("Content-Type")
        kind = content_type.partition(";")[0].strip().lower()
        raw = self._raw_json
        if not content_type and not raw:
            return None
        if kind == "application/json":
            return _parsed_json(raw, may_be_empty)
        if kind == "text/plain":
            return raw.decode(errors="replace")
        raise invalid_content_type()

    @cached_property
    def _raw_json(self) -> bytes:
        if (self.content_length or 0) > LARGEST_JSON:
            raise too_large("request body")
        raw = self.stream.read(LARGEST_JSON + 1) if self.has_body else b""
        if len(raw) > LARGEST_JSON:
            raise too_large("request body")
        return raw

    def require_media_type(self) -> None:
        """Refuse a Content-Type header that is none by its syntax."""
        content_type = self.header("Content-Type")
        if content_type and not is_media_type(content_type):
            raise invalid_content_type()

    # Who asks

    @cached_property
    def caller(self) -> Caller:
        """Who asks, by the Authorization header."""
        authorization = self.header("Authorization")
        if not authorization and not self.token_is_optional:
            raise invalid_request(
                "headers must have required property 'authorization'", error="Error"
            )
        try:
            return self.context.callers.of_header(authorization, self.now)
        except StorageError:
            if self.token_is_optional:
                return ANON
            raise

    @property
    def owner(self) -> str | None:
        """Whose objects this request's uploads become."""
        return self.caller.user_id

    @cached_property
    def scope(self) -> Scope:
        """What policies see of this request."""
        return self.scope_of(self.caller)

    def scope_of(self, caller: Caller) -> Scope:
        """Return what policies see when ``caller`` sends this request."""
        return Scope(caller, self.operation, self.method, self.raw_path, self._shown_headers())

    def _shown_headers(self) -> Mapping[str, str]:
        headers = {
            name[5:].replace("_", "-").lower(): str(value)
            for name, value in self.environ.items()
            if name.startswith("HTTP_")
        }
        return {name: text for name, text in headers.items() if name not in _HIDDEN_HEADERS}

    @property
    def database(self) -> Database:
        """The database; ``as_caller(call.scope)`` lets row-level security decide."""
        return self.context.database


def decoded(path: str) -> str:
    """Return ``path`` with every escape resolved, or raise InvalidRequest."""
    try:
        return unquote_to_bytes(path.encode("latin-1")).decode()
    except UnicodeError:
        raise invalid_request("The path is not valid UTF-8", error="Error") from None


def _parsed_json(raw: bytes, may_be_empty: bool) -> Any:
    kind = "application/json"
    if not raw:
        if may_be_empty:
            return None
        message = f"Body cannot be empty when content-type is set to '{kind}'"
        raise StorageError("InternalError", message, error="FastifyError")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        message = f"Body is not valid JSON but content-type is set to '{kind}'"
        raise StorageError("InternalError", message, error="FastifyError") from None
