"""GET /health."""

from __future__ import annotations

from tests.local.auth.service import AuthService


def test_names_gotrue(auth: AuthService) -> None:
    answer = auth.get("/health")
    assert (answer.status_code, answer.json["name"]) == (200, "GoTrue")
    assert set(answer.json) == {"version", "name", "description"}
