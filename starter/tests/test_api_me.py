"""Who the caller is."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from visitor import Visitor

from hipflask.testing import SignedIn


def test_names_the_owner_of_the_token(app: Flask, signed_in: Callable[..., SignedIn]) -> None:
    ada = signed_in("ada@example.com")
    answer = app.test_client().get(
        "/api/v1/me", headers={"Authorization": f"Bearer {ada.access_token}"}
    )
    assert answer.get_json()["email"] == "ada@example.com"


def test_names_the_owner_of_the_session(member: Visitor) -> None:
    assert member.client.get("/api/v1/me").get_json()["email"] == "ada@example.com"


def test_a_token_counts_more_than_the_cookie(member: Visitor) -> None:
    answer = member.client.get("/api/v1/me", headers={"Authorization": "Bearer x.y.z"})
    assert answer.status_code == 401
