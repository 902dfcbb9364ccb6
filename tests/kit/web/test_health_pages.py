"""Liveness never asks anybody; readiness says which part is away, and asks it only so often."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from hipflask.errors import DatabaseUnavailable
from hipflask.kit.web.health import Readiness
from tests.kit.web.conftest import MovedByHand


class Part:
    """A part of the outside that can go away."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False

    def __call__(self) -> None:
        self.asked += 1
        if self.away:
            raise DatabaseUnavailable("it is away", reason="refused")


@pytest.mark.parametrize("path", ["/healthz", "/health"])
def test_alive_without_a_database(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.get_json()) == (200, {"status": "ok"})
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/readyz", "/ready"])
def test_not_ready_without_a_database_and_says_so(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    body = response.get_json()
    assert body["status"] == "unavailable"
    assert body["database"] == "away"
    assert body["auth"] == "away"
    # Whoever asks learns which part, not where it lives.
    assert "127.0.0.1" not in response.text


def test_says_which_part_is_away(clock: MovedByHand) -> None:
    database, auth = Part(), Part()
    auth.away = True
    readiness = Readiness({"database": database, "auth": auth}, clock)
    assert readiness.check() == {"database": "ok", "auth": "away"}


def test_asks_again_only_after_two_seconds(clock: MovedByHand) -> None:
    # Else anybody could make the app query its database as often as they like.
    database = Part()
    readiness = Readiness({"database": database}, clock)
    for _ in range(10):
        readiness.check()
    assert database.asked == 1
    database.away = True
    clock.advance(seconds=2)
    assert readiness.check() == {"database": "away"}
    assert database.asked == 2


def test_a_clock_that_was_set_back_does_not_freeze_the_answer(clock: MovedByHand) -> None:
    database = Part()
    readiness = Readiness({"database": database}, clock)
    readiness.check()
    clock.advance(hours=-1)
    readiness.check()
    assert database.asked == 2
