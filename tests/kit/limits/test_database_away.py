"""The database is away: what a limit does then, and that waiting for it is not the cost."""

from __future__ import annotations

import socket
import time

import pytest

from hipflask import Limit, errors
from hipflask.kit.data import Database
from hipflask.kit.limits.limits import REST, Limits
from hipflask.protocol.clock import SystemClock
from tests.kit.limits.conftest import LimitedSite, MakeSite

NOWHERE = "postgresql://postgres:postgres@127.0.0.1:1/postgres"


@pytest.fixture
def away(make_site: MakeSite) -> LimitedSite:
    return make_site(DATABASE_URL=NOWHERE)


def test_a_request_is_let_through_by_default(away: LimitedSite) -> None:
    answer = away.get("/limited")
    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers


def test_a_limit_may_refuse_instead(away: LimitedSite) -> None:
    for _ in range(2):
        answer = away.get("/api/strict")
        assert answer.status_code == 503
        assert answer.get_json()["type"] == "/problems/database-away"
        assert answer.headers["Retry-After"] == "5"


def test_no_password_is_judged_that_nobody_counts(away: LimitedSite) -> None:
    user = away.backend.create_user("ann@example.com", password="correct horse battery")
    for password in ("wrong", "correct horse battery"):
        assert away.post("/login", email=user.email, password=password).status_code == 503


def test_a_database_that_takes_no_writes_is_as_if_it_were_away(make_site: MakeSite) -> None:
    site = make_site()
    url = f"{site.backend.database_url}?options=-c%20default_transaction_read_only%3Don"
    full = make_site(DATABASE_URL=url)
    assert full.get("/limited").status_code == 200
    answer = full.get("/api/strict")
    assert answer.status_code == 503


class Ticks:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_database_that_does_not_answer_is_not_asked_by_each_request(site: LimitedSite) -> None:
    # An address that swallows everything: a connection that is never accepted.
    ticks, limit = Ticks(), Limit(1, per=60, name="away")
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"postgresql://postgres@127.0.0.1:{deaf.getsockname()[1]}/postgres?connect_timeout=2"
        limits = Limits(Database(url), SystemClock(), monotonic=ticks)
        began = time.perf_counter()
        assert not limits.take(limit, key="k")
        first = time.perf_counter() - began
        for _ in range(50):
            assert not limits.take(limit, key="k")
        assert time.perf_counter() - began < first + 1
    limits._db = site.state.db  # it is back
    ticks.now += REST - 0.1
    assert not limits.take(limit, key="k")
    ticks.now += 0.1
    assert len(limits.take(limit, key="k")) == 1
    with pytest.raises(errors.RateLimited):
        limits.take(limit, key="k")
