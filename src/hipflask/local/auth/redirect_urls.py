"""The address at the end of a link: the app's own, with what happened added to it.

Query and fragment are written as GoTrue writes them (verify.go), ``sb`` marks them as its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode

from hipflask.local.auth.errors import AuthApiError

ERROR_OF_STATUS: Final = {
    400: "invalid_request",
    401: "unauthorized_client",
    403: "access_denied",
    500: "server_error",
    503: "temporarily_unavailable",
}
"""Status -> the word of RFC 6749 section 4.1.2.1; other statuses have none."""

_SAFE_IN_FRAGMENT: Final = "!$&()*+,/:;=?@-._~"


def with_error(url: str, error: AuthApiError, *, pkce: bool) -> str:
    """Add the error to the fragment and, in a PKCE flow, to the query as well."""
    values = {"error_code": error.code, "error_description": error.message}
    if error.status in ERROR_OF_STATUS:
        values["error"] = ERROR_OF_STATUS[error.status]
    if pkce:
        url = with_query(url, values)
    return with_fragment(url, values)


def with_message(url: str, message: str, *, pkce: bool) -> str:
    """Add a message to the fragment and, in a PKCE flow, to the query as well."""
    url = with_query(url, {"message": message} if pkce else {})
    return with_fragment(url, {"message": message})


def with_query(url: str, values: Mapping[str, str]) -> str:
    """Set these values in the query, which comes out sorted by key."""
    address, hash_mark, fragment = url.partition("#")
    base, _, query = address.partition("?")
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in values]
    text = urlencode(sorted([*pairs, *values.items()], key=lambda pair: pair[0]))
    return base + (f"?{text}" if text else "") + hash_mark + fragment


def with_fragment(url: str, values: Mapping[str, str]) -> str:
    """Replace the fragment. A percent sign in it is escaped once more, as in GoTrue."""
    text = urlencode(sorted({**values, "sb": ""}.items()))
    return f"{url.partition('#')[0]}#{quote(text, safe=_SAFE_IN_FRAGMENT)}"
