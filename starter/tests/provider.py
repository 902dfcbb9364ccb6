"""What a person does at the provider: choose who to be, and allow or deny."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

import urllib3


class _Fields(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "input" and values.get("type") == "hidden" and values.get("name"):
            self.found[values["name"] or ""] = values.get("value") or ""


def at_provider(
    authorize_url: str, *, person: str = "ada", decision: str = "allow", failure: str = ""
) -> str:
    """Go from Auth to the provider and back, and return the address that the site is given."""
    url = to_provider(authorize_url)
    return from_provider(url, person=person, decision=decision, failure=failure)


def to_provider(authorize_url: str) -> str:
    """Go to Auth, and return the provider's address that it leads to."""
    return redirected(authorize_url)


def from_provider(
    url: str,
    *,
    person: str = "ada",
    decision: str = "allow",
    failure: str = "",
    seen: list[str] | None = None,
) -> str:
    """Decide on the provider's own page, and return the address that the site is given.

    ``seen`` gets the address at Auth that lies between.
    """
    page = urllib3.request("GET", url, redirect=False)
    fields = _Fields(page.data.decode()).found
    chosen = {**fields, "person": person, "decision": decision, "failure": failure}
    back_at_auth = redirected(url, chosen)
    if seen is not None:
        seen.append(back_at_auth)
    return redirected(back_at_auth)


def redirected(url: str, fields: dict[str, str] | None = None) -> str:
    """Open an address, or send it a form, and return where it leads to."""
    body = urlencode(fields).encode() if fields else None
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
    method = "POST" if fields else "GET"
    answer = urllib3.request(method, url, body=body, headers=headers, redirect=False)
    assert answer.status in (302, 303), (url, answer.status, answer.data[:300])
    return urljoin(url, answer.headers["Location"])
