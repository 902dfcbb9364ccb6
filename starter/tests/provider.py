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
    url = _location("GET", authorize_url)
    return from_provider(url, person=person, decision=decision, failure=failure)


def from_provider(
    url: str, *, person: str = "ada", decision: str = "allow", failure: str = ""
) -> str:
    """Decide on the provider's own page, and return the address that the site is given."""
    page = urllib3.request("GET", url, redirect=False)
    fields = _Fields(page.data.decode()).found
    chosen = {**fields, "person": person, "decision": decision, "failure": failure}
    back_at_auth = _location("POST", url, chosen)
    return _location("GET", back_at_auth)


def _location(method: str, url: str, fields: dict[str, str] | None = None) -> str:
    body = urlencode(fields).encode() if fields else None
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if fields else {}
    answer = urllib3.request(method, url, body=body, headers=headers, redirect=False)
    assert answer.status in (302, 303), (url, answer.status, answer.data[:300])
    return urljoin(url, answer.headers["Location"])
