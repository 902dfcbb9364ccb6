"""Counting requests and mails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hipflask.local.auth.rate_limits import HourlyLimit, RateLimits, TokenBucket
from hipflask.local.config import AuthConfig
from hipflask.local.config.auth import SmtpOut

START = datetime(2026, 3, 1, tzinfo=UTC)


def after(**time: float) -> datetime:
    return START + timedelta(**time)


def allowed(bucket: TokenBucket, key: str, moment: datetime, tries: int) -> int:
    return sum(bucket.allows(key, moment) for _ in range(tries))


def test_bucket_lets_a_burst_through_and_refills() -> None:
    bucket = TokenBucket(per_second=0.5, burst=3)
    assert allowed(bucket, "a", START, 5) == 3
    assert allowed(bucket, "a", after(seconds=4), 5) == 2
    assert allowed(bucket, "a", after(days=1), 5) == 3


def test_bucket_counts_each_key() -> None:
    bucket = TokenBucket(per_second=0.5, burst=1)
    assert bucket.allows("a", START)
    assert bucket.allows("b", START)
    assert not bucket.allows("a", START)


def test_bucket_survives_a_clock_that_goes_back() -> None:
    bucket = TokenBucket(per_second=1, burst=1)
    assert bucket.allows("a", START)
    assert not bucket.allows("a", after(hours=-1))


def test_bucket_does_not_grow_without_end() -> None:
    bucket = TokenBucket(per_second=1, burst=1)
    for number in range(10_050):
        bucket.allows(str(number), START)
    assert len(bucket._levels) == 10_000


def test_hourly_limit_starts_anew_each_hour() -> None:
    limit = HourlyLimit(2)
    assert [limit.allows(START) for _ in range(3)] == [True, True, False]
    assert not limit.allows(after(minutes=59))
    assert limit.allows(after(minutes=60))
    assert limit.allows(after(minutes=119))
    assert not limit.allows(after(minutes=119))


def test_mails_are_limited_by_the_projects_own_server_alone() -> None:
    config = AuthConfig()
    unlimited = RateLimits.from_config(config)
    assert sum(unlimited.email.allows(START) for _ in range(50)) == 50
    with_server = replace(config, email=replace(config.email, smtp=SmtpOut()))
    limited = RateLimits.from_config(with_server)
    assert sum(limited.email.allows(START) for _ in range(50)) == config.rate_limit.email_sent
