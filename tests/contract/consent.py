"""What the browser does at the project while an application signs somebody in."""

from __future__ import annotations

from typing import Any

from hipflask.testing import SignedIn, SupabaseBackend
from tests.contract.links import query_of, redirect_of

#: Where the tests' applications want the code.
BACK = "http://127.0.0.1:7777/back"


def registered(backend: SupabaseBackend, *, address: str = "", **metadata: Any) -> Any:
    """Register a client as an application does by itself: without any key."""
    path = address.removeprefix(backend.url) or "/auth/v1/oauth/clients/register"
    answer = backend.request("POST", path, json={"redirect_uris": [BACK], **metadata})
    assert answer.status_code == 201, answer.text
    return answer.json


def authorization_id(url: str) -> str:
    """Open the authorization endpoint in a browser; it leads to the project's consent page."""
    page = redirect_of(url)
    assert page.startswith("http://127.0.0.1:8080/oauth/consent?"), page
    return query_of(page)["authorization_id"]


def answered(backend: SupabaseBackend, person: SignedIn, url: str, action: str = "approve") -> str:
    """Do what the consent page does when ``person`` presses a button; return the way back."""
    path = f"/auth/v1/oauth/authorizations/{authorization_id(url)}"
    shown = backend.request("GET", path, headers=person.headers)
    if "redirect_url" not in (shown.json or {}):
        shown = backend.request(
            "POST", f"{path}/consent", json={"action": action}, headers=person.headers
        )
    assert shown.status_code == 200, shown.text
    return str(shown.json["redirect_url"])  # type: ignore[index]
