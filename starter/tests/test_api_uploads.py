"""Tickets for uploads that go straight to Storage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from storage_calls import fetch, picture, resumable
from visitor import Visitor
from werkzeug.test import TestResponse

from hipflask.testing import SignedIn, SupabaseBackend


@pytest.fixture
def ask(member: Visitor) -> Callable[..., TestResponse]:
    """Calls the API as the script on Ada's page does."""
    token = member.open("/files").form("Upload").fields["csrf_token"]

    def call(method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {"X-CSRF-Token": token, "Accept": "application/json", **headers}
        return member.client.open(path, method=method, json=body, headers=sent)

    return call


def begin(ask: Callable[..., TestResponse], **changes: Any) -> dict[str, Any]:
    body = {"name": "film.mp4", "size": 5, "type": "video/mp4", "folder": None, **changes}
    answer = ask("POST", "/api/v1/uploads", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json or {})


def test_a_ticket_uploads_one_file(member: Visitor, ask: Callable[..., TestResponse]) -> None:
    ticket = begin(ask)
    assert "No files yet" in member.open("/files").text, "before the bytes are there"
    assert resumable(ticket, b"12345").status == 204
    page = member.open("/files")
    assert "film.mp4" in page.links
    assert "5 bytes of 250 MB used" in page.text


def test_a_name_that_is_taken_gets_a_number(ask: Callable[..., TestResponse]) -> None:
    assert [begin(ask)["name"] for _ in range(3)] == ["film.mp4", "film (2).mp4", "film (3).mp4"]


def test_it_lies_in_the_folder(member: Visitor, ask: Callable[..., TestResponse]) -> None:
    member.open("/files/folders/new")
    folder = member.press("Create folder", name="Films").links["Films"]
    resumable(begin(ask, folder=folder.rpartition("/")[2]), b"12345")
    assert "film.mp4" in member.open(folder).links


@pytest.mark.parametrize(
    ("declared", "stored"),
    [
        ("image/png", "image/png"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("application/xhtml+xml", "application/octet-stream"),
        ("TEXT/PLAIN; charset=utf-8", "text/plain"),
        ("", "application/octet-stream"),
        ("rubbish", "application/octet-stream"),
    ],
)
def test_the_type_is_one_that_no_browser_runs(
    ask: Callable[..., TestResponse], declared: str, stored: str
) -> None:
    assert begin(ask, type=declared)["metadata"]["contentType"] == stored


def test_a_browser_that_lies_about_the_type_is_refused(ask: Callable[..., TestResponse]) -> None:
    ticket = begin(ask, name="page.html")
    ticket["metadata"]["contentType"] = "text/html"
    assert resumable(ticket, b"12345").status == 415


def test_a_ticket_is_for_one_place(ask: Callable[..., TestResponse]) -> None:
    ticket = begin(ask)
    owner, _, rest = ticket["metadata"]["objectName"].partition("/")
    for other in (f"{owner}/other/{rest}", f"00000000-0000-0000-0000-000000000000/{rest}"):
        forged = {**ticket, "metadata": {**ticket["metadata"], "objectName": other}}
        assert resumable(forged, b"12345").status == 400
    avatars = {**ticket, "metadata": {**ticket["metadata"], "bucketName": "avatars"}}
    assert resumable(avatars, picture()).status == 400


def test_too_large_is_refused(ask: Callable[..., TestResponse]) -> None:
    answer = ask("POST", "/api/v1/uploads", {"name": "x", "size": 52_428_801})
    assert answer.status_code == 422
    assert answer.json
    assert "up to 52 MB" in answer.json["errors"][0]["detail"]


def test_what_is_announced_counts(ask: Callable[..., TestResponse]) -> None:
    for _ in range(4):
        begin(ask, size=50_000_000)
    begin(ask, size=49_999_999)
    answer = ask("POST", "/api/v1/uploads", {"name": "x", "size": 2})
    assert answer.status_code == 409
    assert answer.json
    assert "no room" in answer.json["detail"]


def test_giving_up_makes_room(member: Visitor, ask: Callable[..., TestResponse]) -> None:
    tickets = [begin(ask, size=50_000_000) for _ in range(5)]
    assert "Your space is full." in member.open("/files").text
    assert ask("DELETE", f"/api/v1/uploads/{tickets[0]['id']}").status_code == 204
    assert begin(ask, size=50_000_000)["name"] == "film.mp4"


def test_giving_up_a_file_that_is_there_keeps_it(
    member: Visitor, ask: Callable[..., TestResponse]
) -> None:
    ticket = begin(ask)
    resumable(ticket, b"12345")
    ask("DELETE", f"/api/v1/uploads/{ticket['id']}")
    assert "film.mp4" in member.open("/files").links


def test_more_than_was_announced_is_refused(ask: Callable[..., TestResponse]) -> None:
    ticket = begin(ask, size=5)
    assert resumable(ticket, bytes(60_000_000)).status == 413


def test_a_ticket_is_renewed(
    member: Visitor, ask: Callable[..., TestResponse], backend: SupabaseBackend
) -> None:
    ticket = begin(ask)
    backend.clock.advance(timedelta(hours=3))
    assert resumable(ticket, b"12345").status == 400
    fresh = ask("POST", f"/api/v1/uploads/{ticket['id']}/ticket", {"type": "video/mp4"})
    assert fresh.status_code == 200
    assert fresh.json
    assert resumable(fresh.json, b"12345").status == 204
    assert ask("POST", f"/api/v1/uploads/{ticket['id']}/ticket", {}).status_code == 404


BODIES = [
    None,
    [],
    {},
    {"name": "x"},
    {"name": 5, "size": 1},
    {"name": "", "size": 1},
    {"name": "x", "size": -1},
    {"name": "x", "size": "1"},
    {"name": "x", "size": True},
    {"name": "x", "size": 1, "folder": "x"},
    {"name": "x", "size": 1, "folder": 5},
    {"name": "x", "size": 1, "type": 5},
]


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_what_does_not_fit_is_refused(ask: Callable[..., TestResponse], body: Any) -> None:
    assert ask("POST", "/api/v1/uploads", body).status_code in (400, 415, 422)


def test_a_folder_that_is_not_there_is_not_found(ask: Callable[..., TestResponse]) -> None:
    body = {"name": "x", "size": 1, "folder": "00000000-0000-0000-0000-000000000000"}
    answer = ask("POST", "/api/v1/uploads", body)
    assert answer.status_code == 404
    assert answer.json
    assert "no longer there" in answer.json["detail"]


def test_needs_a_session_and_its_token(visitor: Visitor, ask: Callable[..., TestResponse]) -> None:
    body = {"name": "x", "size": 1}
    assert visitor.client.post("/api/v1/uploads", json=body).status_code == 401
    assert ask("POST", "/api/v1/uploads", body, **{"X-CSRF-Token": "x"}).status_code == 400


def test_a_program_gets_tickets_by_its_token(
    backend: SupabaseBackend, visitor: Visitor, signed_in: Callable[..., SignedIn]
) -> None:
    ann = signed_in("ann@example.com")
    headers = {"Authorization": f"Bearer {ann.access_token}"}
    answer = visitor.client.post("/api/v1/uploads", json={"name": "x", "size": 5}, headers=headers)
    assert answer.status_code == 201
    assert answer.json
    assert resumable(answer.json, b"12345").status == 204
    with psycopg.connect(backend.database_url) as database:
        rows = database.execute("select owner_id from storage.objects").fetchall()
    assert rows == [(ann.user.id,)]


def test_a_stranger_gets_no_ticket(
    stranger: Visitor, ask: Callable[..., TestResponse], backend: SupabaseBackend
) -> None:
    ticket = begin(ask)
    token = stranger.open("/files").form("Upload").fields["csrf_token"]
    headers = {"X-CSRF-Token": token}
    path = f"/api/v1/uploads/{ticket['id']}"
    assert stranger.client.post(f"{path}/ticket", json={}, headers=headers).status_code == 404
    stranger.client.delete(path, headers=headers)
    assert resumable(ticket, b"12345").status == 204


def test_browsers_may_send_straight_to_storage(
    member: Visitor, ask: Callable[..., TestResponse]
) -> None:
    policy = member.open("/files").response.headers["Content-Security-Policy"]
    url = begin(ask)["url"]
    storage = url.partition("/upload/")[0]
    assert f"connect-src 'self' {storage}/" in policy
    preflight = fetch(
        url,
        method="OPTIONS",
        headers={
            "Origin": "http://localhost",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "tus-resumable,x-signature,upload-length",
        },
    )
    assert "x-signature" in preflight.headers["Access-Control-Allow-Headers"].lower()
