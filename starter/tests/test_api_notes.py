"""The API of notes: with a token, or with the session of our own pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from visitor import Visitor

from hipflask.testing import SignedIn, SupabaseBackend


@pytest.fixture
def ada(signed_in: Callable[..., SignedIn]) -> dict[str, str]:
    """Ada's header."""
    return {"Authorization": f"Bearer {signed_in('ada@example.com').access_token}"}


@pytest.fixture
def eve(signed_in: Callable[..., SignedIn]) -> dict[str, str]:
    """Eve's header."""
    return {"Authorization": f"Bearer {signed_in('eve@example.com').access_token}"}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A program."""
    return app.test_client()


def create(client: FlaskClient, who: dict[str, str], title: str = "Note") -> dict[str, Any]:
    answer = client.post("/api/v1/notes", json={"title": title, "body": "Text"}, headers=who)
    assert answer.status_code == 201
    note: dict[str, Any] = answer.get_json()
    assert answer.headers["Location"] == f"/api/v1/notes/{note['id']}"
    return note


def test_a_note_lives_and_dies(client: FlaskClient, ada: dict[str, str]) -> None:
    note = create(client, ada)
    address = f"/api/v1/notes/{note['id']}"
    assert client.get(address, headers=ada).get_json() == note
    changed = client.patch(address, json={"title": "New"}, headers=ada).get_json()
    assert (changed["title"], changed["body"]) == ("New", "Text")
    assert client.delete(address, headers=ada).status_code == 204
    assert client.get(address, headers=ada).status_code == 404
    assert client.delete(address, headers=ada).status_code == 404


def test_pages_follow_each_other(client: FlaskClient, ada: dict[str, str]) -> None:
    made = [create(client, ada, f"Note {number}")["title"] for number in range(5)]
    seen: list[str] = []
    address: str | None = "/api/v1/notes?limit=2"
    while address:
        answer = client.get(address, headers=ada).get_json()
        seen += [note["title"] for note in answer["items"]]
        address = answer["next"]
    assert seen == made[::-1]


def test_a_stranger_finds_nothing(
    client: FlaskClient, ada: dict[str, str], eve: dict[str, str]
) -> None:
    address = f"/api/v1/notes/{create(client, ada)['id']}"
    assert client.get("/api/v1/notes", headers=eve).get_json()["items"] == []
    assert client.get(address, headers=eve).status_code == 404
    assert client.patch(address, json={"title": "Eve's"}, headers=eve).status_code == 404
    assert client.delete(address, headers=eve).status_code == 404
    assert client.get(address, headers=ada).get_json()["title"] == "Note"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"body": "no title"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "x", "body": 5}, "body"),
        ({"title": "x", "owner": "eve"}, "owner"),
        ({"title": "x\0"}, "title"),
    ],
)
def test_says_what_does_not_fit(
    client: FlaskClient, ada: dict[str, str], body: dict[str, Any], field: str
) -> None:
    answer = client.post("/api/v1/notes", json=body, headers=ada)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert [error["field"] for error in answer.get_json()["errors"]] == [field]


@pytest.mark.parametrize("sent", [b"", b"{", b"[" * 100_000, b"\xff"])
def test_broken_json_is_a_bad_request(
    client: FlaskClient, ada: dict[str, str], sent: bytes
) -> None:
    answer = client.post("/api/v1/notes", data=sent, content_type="application/json", headers=ada)
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=00001099", "limit=x", "created_since=5"]
)
def test_odd_pages_are_refused(client: FlaskClient, ada: dict[str, str], query: str) -> None:
    assert client.get(f"/api/v1/notes?{query}", headers=ada).status_code == 422


@pytest.mark.parametrize("cursor", ["%21", "YWJj", "WzEsMl0", "%00", "é"])
def test_a_place_that_no_page_ends_with_is_not_found(
    client: FlaskClient, ada: dict[str, str], cursor: str
) -> None:
    answer = client.get(f"/api/v1/notes?after={cursor}", headers=ada)
    assert answer.status_code == 404
    assert "next" in answer.get_json()["detail"]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x.y.z", "Basic YTpi"])
def test_needs_a_valid_token(client: FlaskClient, token: str) -> None:
    answer = client.get("/api/v1/notes", headers={"Authorization": token} if token else {})
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_session_reads_and_needs_the_token_to_write(member: Visitor) -> None:
    page = member.open("/dashboard/notes/new")
    token = page.form("Create note").fields["csrf_token"]
    assert member.client.get("/api/v1/notes").get_json()["items"] == []
    refused = member.client.post("/api/v1/notes", json={"title": "x"})
    assert refused.status_code in (400, 403)
    allowed = member.client.post(
        "/api/v1/notes", json={"title": "x"}, headers={"X-CSRF-Token": token}
    )
    assert allowed.status_code == 201


def test_a_token_from_a_recovery_code_opens_nothing(
    client: FlaskClient, backend: SupabaseBackend
) -> None:
    backend.create_user("ada@example.com")
    key = {"apikey": backend.publishable_key}
    backend.request("POST", "/auth/v1/recover", json={"email": "ada@example.com"}, headers=key)
    code = backend.mailbox.latest(to="ada@example.com").code
    tokens = backend.request(
        "POST",
        "/auth/v1/verify",
        json={"type": "recovery", "email": "ada@example.com", "token": code},
        headers=key,
    ).get_json()
    answer = client.get(
        "/api/v1/notes", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )
    assert answer.status_code == 403
