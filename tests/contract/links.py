"""Follows the links of mails the way a browser without scripts does."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import urllib3


def redirect_of(link: str) -> str:
    """Open a link and return where it redirects to, fragment included."""
    with urllib3.PoolManager() as http:
        answer = http.request("GET", link, redirect=False, timeout=10, retries=False)
    assert answer.status in (302, 303), f"{link}: {answer.status} {answer.data!r}"
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
