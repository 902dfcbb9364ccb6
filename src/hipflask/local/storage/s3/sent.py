"""A request as it was sent, before anybody decoded, joined or tidied a part of it.

A signature covers what the client wrote. WSGI's PATH_INFO is decoded, and behind the gateway it
lacks the prefix; the raw request target is what can be verified.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_to_bytes

from hipflask.local.storage.s3.errors import S3Error

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

_METADATA: Final = "x-amz-meta-"
_SIGNED_HEADERS: Final = re.compile(r"SignedHeaders=([^,& ]+)")
#: What a canonical URI leaves as it is: RFC 3986's unreserved characters, and the slash.
UNRESERVED_PATH = "/-._~"


@dataclass(frozen=True)
class SentRequest:
    """Method, raw path and query, and the headers by lower-case name (bytes as Latin-1)."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


def sent_request(environ: WSGIEnvironment) -> SentRequest:
    """Return the request of ``environ``. Servers that keep no raw target get a re-encoded one."""
    target = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "")
    if not target:
        path = str(environ.get("SCRIPT_NAME", "")) + str(environ.get("PATH_INFO", ""))
        target = quote(path.encode("latin-1"), safe=UNRESERVED_PATH)
        target += "?" + str(environ.get("QUERY_STRING", ""))
    if not target.startswith("/"):  # the absolute form, as sent to a proxy
        target = "/" + target.partition("://")[2].partition("/")[2]
    path, _, query = target.partition("?")
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = str(environ[name])
    return SentRequest(str(environ["REQUEST_METHOD"]), path, query, _as_signed(headers, query))


def _as_signed(headers: dict[str, str], query: str) -> dict[str, str]:
    """Give ``x-amz-meta-my_key`` its name back: WSGI writes it as ``x-amz-meta-my-key``.

    What the client signed says which it was; for a name that it did not sign it does not matter.
    """
    match = _SIGNED_HEADERS.search(headers.get("authorization", "") + "," + query)
    signed = unquote_to_bytes(match[1]).decode(errors="replace").split(";") if match else []
    for name in signed:
        sent_as = name.replace("_", "-")
        if name.startswith(_METADATA) and name != sent_as and sent_as in headers:
            headers[name] = headers.pop(sent_as)
    return headers


def query_pairs(query: str) -> list[tuple[bytes, bytes]]:
    """Return the decoded pairs of a raw query; ``?uploads`` has an empty value, + is a space."""
    pairs = []
    for piece in query.split("&"):
        if piece:
            name, _, value = piece.replace("+", "%20").partition("=")
            pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return pairs


def query_values(query: str) -> dict[str, str]:
    """Return the query as text, the first of each name, or raise InvalidURI."""
    values: dict[str, str] = {}
    for name, value in query_pairs(query):
        values.setdefault(text(name), text(value))
    return values


def bucket_and_key(path: str, prefix: str) -> tuple[str, str]:
    """Return bucket and key (either may be "") of a raw path-style path below ``prefix``.

    The key is everything after the bucket's slash, decoded once: a key may contain ``//``, ``..``
    or a slash that came as ``%2F``.
    """
    if path != prefix and not path.startswith(prefix + "/"):
        raise S3Error("InvalidURI")
    bucket, _, key = path[len(prefix) + 1 :].partition("/")
    return text(unquote_to_bytes(bucket)), text(unquote_to_bytes(key))


def text(raw: bytes) -> str:
    """Return ``raw`` as UTF-8 text without NUL, or raise InvalidURI."""
    try:
        value = raw.decode()
    except UnicodeDecodeError:
        raise S3Error("InvalidURI") from None
    if "\0" in value:  # PostgreSQL cannot hold it
        raise S3Error("InvalidURI")
    return value
