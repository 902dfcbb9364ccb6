"""GET /admin/audit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.local.auth.flows import ADA
from tests.local.auth.service import AuthService, assert_refused


@pytest.fixture
def busy(auth: AuthService) -> AuthService:
    auth.sign_up(data={"full_name": "Ada Lovelace"})
    auth.clock.advance(timedelta(seconds=1))
    auth.post("/recover", {"email": ADA})
    return auth


def entries(auth: AuthService, query: str = "") -> Any:
    return auth.get(f"/admin/audit{query}", bearer=auth.service_role)


def test_newest_first(busy: AuthService) -> None:
    answer = entries(busy)
    assert answer.headers["X-Total-Count"] == "3"
    assert answer.headers["Link"] == '</admin/audit?page=1>; rel="last"'
    newest = answer.json[0]
    assert set(newest) == {"id", "payload", "created_at", "ip_address"}
    assert newest["created_at"].endswith("Z")
    assert newest["payload"]["action"] == "user_recovery_requested"
    assert newest["payload"]["actor_username"] == ADA
    assert newest["payload"]["log_type"] == "user"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("action:login", 1),
        ("action:LOG", 1),
        ("author:ada@", 3),
        ("author:lovelace", 3),
        ("type:team", 1),
        ("type:", 3),
        ("action:nothing", 0),
        ("action:' or true --", 0),
    ],
)
def test_query(busy: AuthService, query: str, count: int) -> None:
    answer = entries(busy, f"?query={query}")
    assert (len(answer.json), answer.headers["X-Total-Count"]) == (count, str(count))


def test_pages(busy: AuthService) -> None:
    answer = entries(busy, "?per_page=2&page=1")
    assert len(answer.json) == 2
    assert 'page=2&per_page=2>; rel="next"' in answer.headers["Link"]


@pytest.mark.parametrize("query", ["login", "nothing:x"])
def test_unknown_scope(auth: AuthService, query: str) -> None:
    message = f"Invalid query scope: {query}"
    assert_refused(entries(auth, f"?query={query}"), 400, "validation_failed", message)


def test_only_an_admin_may(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    assert_refused(auth.get("/admin/audit", bearer=bearer), 403, "not_admin")
