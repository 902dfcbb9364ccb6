"""Follows the links of mails the way a browser without scripts does."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import parse_qsl, urlsplit


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


def redirect_of(link: str) -> str:
    """Open a link and return where it redirects to, fragment included."""
    opener = urllib.request.build_opener(_NoRedirect)
    try:
        with opener.open(link, timeout=10) as answer:
            raise AssertionError(f"{link} answered {answer.status} instead of redirecting")
    except urllib.error.HTTPError as answer:
        with answer:
            assert answer.code in (302, 303), f"{link}: {answer.code} {answer.read()!r}"
            return answer.headers["Location"]


def query_of(url: str) -> dict[str, str]:
    """Return the query parameters."""
    return dict(parse_qsl(urlsplit(url).query))


def fragment_of(url: str) -> dict[str, str]:
    """Return the parameters in the fragment."""
    return dict(parse_qsl(urlsplit(url).fragment))


def token_hash_of(link: str) -> str:
    """Return the token that a mail's link carries: what verifyOtp calls token_hash."""
    return query_of(link)["token"]
