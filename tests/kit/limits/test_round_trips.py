"""What a check costs: one round trip for all limits of a request, none for a known refusal."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import pytest

from hipflask import Limit, errors
from hipflask.kit.data import Database
from hipflask.kit.limits.limits import Limits
from hipflask.protocol.clock import SystemClock
from hipflask.testing import SupabaseBackend
from tests.kit.counting_proxy import CountingProxy


@pytest.fixture
def proxy(backend: SupabaseBackend) -> Iterator[CountingProxy]:
    with CountingProxy("127.0.0.1", urlsplit(backend.database_url).port or 0) as proxy:
        yield proxy


@pytest.fixture
def limits(backend: SupabaseBackend, proxy: CountingProxy) -> Iterator[Limits]:
    parts = urlsplit(backend.database_url)
    netloc = f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{proxy.port}"
    db = Database(urlunsplit(parts._replace(netloc=netloc, query="sslmode=disable")))
    yield Limits(db, SystemClock())
    db.close()


def test_all_limits_in_one_round_trip(limits: Limits, proxy: CountingProxy) -> None:
    few, many = Limit(3, per=60, name="few"), Limit(1000, per=60, name="many")
    limits.take(few, many, key="k")  # connects
    for _ in range(2):
        before = proxy.round_trips
        limits.take(few, many, key="k")
        assert proxy.round_trips - before == 1
    with pytest.raises(errors.RateLimited):
        limits.take(few, many, key="k")


def test_a_known_refusal_asks_nobody(limits: Limits, proxy: CountingProxy) -> None:
    once = Limit(1, per=3600, name="once")
    limits.take(once, key="k")
    with pytest.raises(errors.RateLimited):
        limits.take(once, key="k")
    before = proxy.round_trips
    for _ in range(20):
        with pytest.raises(errors.RateLimited) as refused:
            limits.take(once, key="k")
    assert proxy.round_trips == before
    assert 3590 < refused.value.retry_after <= 3600
