"""The canonical requests that a client may have signed when it sent what we received.

The standard knows one. Clients and proxies know a few: a path signed as it was typed rather than
as AWS encodes it, a host before or after a proxy, runs of blanks kept or collapsed. All of them
name the same object, so that accepting each gives nobody a request that they did not sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from hipflask.local.storage.s3.sent import UNRESERVED_PATH, SentRequest, query_pairs

SIGNATURE: Final = b"X-Amz-Signature"
_PREFIX: Final = re.compile(r"(/[A-Za-z0-9._~-]+)+/?")
_DEFAULT_PORT: Final = re.compile(r":(80|443)\Z")


def canonical_requests(
    sent: SentRequest, signed_headers: Sequence[str], payload: str
) -> Iterator[bytes]:
    """Yield the candidates, the likeliest first. ``signed_headers`` are sorted, in lower case."""
    query = canonical_query(sent.query)
    names = ";".join(signed_headers)
    for path, host, keep_blanks in product(
        paths(sent.path, sent.headers.get("x-forwarded-prefix", "")),
        hosts(sent.headers),
        _blanks(sent.headers, signed_headers),
    ):
        lines = "".join(
            f"{name}:{_header(sent.headers, name, host, keep_blanks)}\n" for name in signed_headers
        )
        # Latin-1 turns WSGI's text back into the bytes that came.
        yield (f"{sent.method}\n{path}\n{query}\n{lines}\n{names}\n{payload}").encode("latin-1")


def canonical_query(query: str) -> str:
    """Return the query with every pair encoded by RFC 3986 and sorted, without the signature."""
    pairs = [
        (quote(name, safe="-._~"), quote(value, safe="-._~"))
        for name, value in query_pairs(query)
        if name != SIGNATURE
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def paths(raw: str, forwarded_prefix: str) -> list[str]:
    """Return the forms of the path. S3 neither normalises it nor encodes it twice.

    A proxy that cut a prefix off says so. The prefix may not name S3 itself: with ``/s3/mine`` in
    it, a signature for one bucket's key would serve for another bucket.
    """
    encoded = quote(unquote_to_bytes(raw), safe=UNRESERVED_PATH)
    found = [raw, encoded]
    prefix = forwarded_prefix.strip()
    if _PREFIX.fullmatch(prefix) and "s3" not in prefix.split("/"):
        found += [prefix.rstrip("/") + raw, prefix.rstrip("/") + encoded]
    return list(dict.fromkeys(found))


def hosts(headers: Mapping[str, str]) -> list[str]:
    """Return the hosts that the client may have meant: ours, or the one a proxy was asked for."""
    found = []
    for name in ("host", "x-forwarded-host"):
        host = headers.get(name, "").partition(",")[0].strip()
        if host:
            found += [host, host.lower(), _DEFAULT_PORT.sub("", host)]
    forwarded, port = headers.get("x-forwarded-host", ""), headers.get("x-forwarded-port", "")
    if forwarded and port.isascii() and port.isdigit():
        found.append(f"{re.sub(r':[0-9]+$', '', forwarded.strip())}:{port}")
    return list(dict.fromkeys(found)) or [""]


def _blanks(headers: Mapping[str, str], signed: Sequence[str]) -> list[bool]:
    # The standard collapses runs of blanks; S3's own text says "trim", and some clients only do so.
    return [False, True] if any("  " in headers.get(name, "") for name in signed) else [False]


def _header(headers: Mapping[str, str], name: str, host: str, keep_blanks: bool) -> str:
    if name == "host":
        return host
    value = headers.get(name, "")
    return value.strip() if keep_blanks else " ".join(value.split())
