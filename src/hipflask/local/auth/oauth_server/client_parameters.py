"""What a registration or an update says about a client, checked (RFC 7591 section 2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.json_body import bad_json
from hipflask.local.auth.oauth_server.clients import CONFIDENTIAL, METHODS_OF, PUBLIC

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

GRANT_TYPES: Final = ("authorization_code", "refresh_token")
_MOST_URIS: Final = 10
_LONGEST_NAME: Final = 1024
_LONGEST_URI: Final = 2048
_ALL_METHODS: Final = (*METHODS_OF[PUBLIC], *METHODS_OF[CONFIDENTIAL])
#: Schemes by which a browser runs or reads something instead of going somewhere.
_DANGEROUS: Final = frozenset({"javascript", "data", "file", "vbscript", "about", "blob"})
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
#: What browsers and servers read differently; and the comma, at which the stored list is split.
_AMBIGUOUS: Final = re.compile(r"[\x00-\x20\x7f\\,]")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


def _refusal(message: str) -> AuthApiError:
    return AuthApiError("validation_failed", message)


def texts(call: Call, name: str) -> list[str] | None:
    """Return the list of texts ``name`` of the body, or None if it is absent or null."""
    value: Any = call.body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise bad_json(f'"{name}" must be a list of strings')
    return value


def check_redirect_uris(uris: list[str]) -> None:
    """Raise validation_failed for addresses to which no code may be sent, and for none."""
    if not uris:
        raise _refusal("redirect_uris cannot be empty")
    if len(uris) > _MOST_URIS:
        raise _refusal(f"redirect_uris cannot exceed {_MOST_URIS} items")
    for uri in uris:
        if fault := _fault_of(uri):
            raise _refusal(f"invalid redirect_uri '{uri}': {fault}")


def _fault_of(uri: str) -> str:
    """Return what is wrong with a redirect URI (RFC 6749 section 3.1.2), or ""."""
    if not uri:
        return "redirect URI cannot be empty"
    if len(uri) > _LONGEST_URI or _AMBIGUOUS.search(uri):
        return "invalid URL format"
    try:
        parts = urlsplit(uri)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return "invalid URL format"
    if not _SCHEME.fullmatch(parts.scheme) or not host:
        return "must have scheme and host"
    if parts.scheme in _DANGEROUS:
        return f"scheme '{parts.scheme}' is not allowed for security reasons"
    if parts.scheme == "http" and host not in _LOOPBACK:
        return "HTTP scheme only allowed for localhost"
    return "fragment not allowed in redirect URI" if "#" in uri else ""


def check_grant_types(grant_types: list[str]) -> None:
    """Raise validation_failed for a grant that is not served."""
    if not grant_types:
        raise _refusal("grant_types cannot be empty")
    if any(one not in GRANT_TYPES for one in grant_types):
        raise _refusal("grant_types must only contain 'authorization_code' and/or 'refresh_token'")


def check_name(name: str) -> None:
    """Raise validation_failed for a name that is too long."""
    if len(name.encode()) > _LONGEST_NAME:
        raise _refusal(f"client_name cannot exceed {_LONGEST_NAME} characters")


def check_page(field: str, uri: str) -> None:
    """Raise validation_failed unless ``uri`` is "" or an address of a page or a picture.

    Stricter than GoTrue: a consent page may show it as a link, so it must be http or https.
    """
    if len(uri) > _LONGEST_URI:
        raise _refusal(f"{field} cannot exceed {_LONGEST_URI} characters")
    if uri and not re.fullmatch(r"https?://[^\x00-\x20\x7f\\/]+(/[^\x00-\x20\x7f]*)?", uri):
        raise _refusal(f"{field} must be a valid URL")


def check_new_method(client_type: str, method: str) -> None:
    """Raise validation_failed when a client of this type cannot prove itself so."""
    if method not in _ALL_METHODS:
        every = " ".join(_ALL_METHODS)
        raise _refusal(f"invalid token_endpoint_auth_method: must be one of [{every}]")
    allowed = METHODS_OF[client_type]
    if method not in allowed:
        raise _refusal(
            f"token_endpoint_auth_method '{method}' is not valid for client_type "
            f"'{client_type}'; valid methods: [{' '.join(allowed)}]"
        )


def client_type_of(asked: str, method: str) -> str:
    """Return the client's type: as asked, else by its method, else confidential.

    Raise validation_failed for an unknown type or method, and for two that do not go together.
    """
    if asked not in ("", PUBLIC, CONFIDENTIAL):
        raise _refusal(f"client_type must be '{PUBLIC}' or '{CONFIDENTIAL}'")
    if method and method not in _ALL_METHODS:
        raise _refusal(f"token_endpoint_auth_method must be one of: [{' '.join(_ALL_METHODS)}]")
    implied = PUBLIC if method == "none" else CONFIDENTIAL
    if asked and method and asked != implied:
        raise _refusal(
            f"client_type '{asked}' is inconsistent with token_endpoint_auth_method '{method}' "
            f"(expected client_type '{implied}')"
        )
    return asked or implied
