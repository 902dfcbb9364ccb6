"""The one application that the provider knows."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Mapping
from urllib.parse import unquote_plus, urlsplit

from hipflask.local.identity.refusals import Refused

CLIENT_ID = "hipflask-dev"
CLIENT_SECRET = "hipflask-dev-secret"
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


def is_loopback(url: str) -> bool:
    """Whether a browser that is sent to ``url`` stays on this machine."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises when it is no number
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and parts.hostname in LOOPBACK_NAMES
        and parts.username is None
        and not parts.fragment
        and url.isprintable()
        and "\\" not in url
    )


def require_client(form: Mapping[str, str], authorization: str) -> None:
    """Check who asks for a token: ``client_secret_basic`` or ``client_secret_post``.

    RFC 6749 section 2.3: one way or the other, never both.
    """
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    if authorization[:6].lower() == "basic ":
        if secret:
            raise Refused("invalid_request", "The client authenticates in two ways at once.")
        try:
            sent = b64decode(authorization[6:], validate=True).decode()
        except ValueError:
            raise Refused("invalid_client", "The Authorization header cannot be read.") from None
        given_id, _, given_secret = sent.partition(":")
        if client_id and client_id != unquote_plus(given_id):
            raise Refused("invalid_request", "Two different client ids.")
        client_id, secret = unquote_plus(given_id), unquote_plus(given_secret)
    known = hmac.compare_digest(client_id.encode(), CLIENT_ID.encode())
    proven = hmac.compare_digest(secret.encode(), CLIENT_SECRET.encode())
    if not (known and proven):
        raise Refused("invalid_client", f"The id is {CLIENT_ID} and the secret {CLIENT_SECRET}.")
