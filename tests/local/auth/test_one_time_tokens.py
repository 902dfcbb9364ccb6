"""Codes, their hashes, and how long they live."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from hipflask.local.auth import one_time_tokens
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.config.auth import EmailConfig

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_hash_is_gotrues() -> None:
    expected = hashlib.sha224(b"ada@example.com123456").hexdigest()
    assert one_time_tokens.hash_of("ada@example.com", "123456") == expected
    assert len(expected) == 56


@pytest.mark.parametrize(("asked", "made"), [(6, 6), (10, 10), (5, 6), (11, 6), (0, 6)])
def test_code_has_six_to_ten_digits(asked: int, made: int) -> None:
    code = one_time_tokens.new_code(EmailConfig(otp_length=asked))
    assert len(code) == made
    assert code.isdigit()


def test_code_keeps_its_leading_zeros() -> None:
    limits: list[int] = []

    def smallest(limit: int) -> int:
        limits.append(limit)
        return 42

    assert one_time_tokens.new_code(EmailConfig(), smallest) == "000042"
    assert limits == [1_000_000]


@pytest.mark.parametrize(
    ("given", "stored", "expected"),
    [
        ("abc", "abc", True),
        ("abc", "pkce_abc", True),
        ("abc", "abd", False),
        ("abc", "", False),
        ("", "", False),
        ("", "pkce_", True),
        ("é", "abc", False),
    ],
)
def test_matching(given: str, stored: str, expected: bool) -> None:
    assert one_time_tokens.matches(given, stored) is expected


@pytest.mark.parametrize(
    ("age", "expiry", "expired"),
    [(3600, 3600, False), (3601, 3600, True), (86_400, 0, False), (86_401, 0, True)],
)
def test_lifetime(age: int, expiry: int, expired: bool) -> None:
    sent_at = NOW - timedelta(seconds=age)
    assert one_time_tokens.is_expired(sent_at, EmailConfig(otp_expiry=expiry), NOW) is expired


def test_what_was_never_sent_is_expired() -> None:
    assert one_time_tokens.is_expired(None, EmailConfig(), NOW)


def test_frequency() -> None:
    email = EmailConfig(max_frequency=timedelta(seconds=60))
    one_time_tokens.check_frequency(None, email, NOW)
    one_time_tokens.check_frequency(NOW - timedelta(seconds=60), email, NOW)
    with pytest.raises(AuthApiError, match="only request this after 59 seconds") as caught:
        one_time_tokens.check_frequency(NOW - timedelta(seconds=0.5), email, NOW)
    assert (caught.value.code, caught.value.status) == ("over_email_send_rate_limit", 429)
