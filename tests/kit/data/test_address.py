"""A DATABASE_URL says more than where."""

from __future__ import annotations

import pytest

from hipflask.kit.data.address import connect_options, is_transaction_pooler


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@aws-0-eu-west-1.pooler.supabase.com:6543/postgres", True),
        ("postgresql://u:p@aws-0-eu-west-1.pooler.supabase.com:5432/postgres", True),
        ("postgresql://u:p@db.abcd.supabase.co:6543/postgres", True),
        ("postgresql://u:p@db.abcd.supabase.co:5432/postgres", False),
        ("postgresql://u:p@127.0.0.1:54322/postgres", False),
        ("postgresql://u:p@pooler.supabase.com.evil.example/postgres", False),
    ],
)
def test_transaction_pooler(url: str, expected: bool) -> None:
    assert is_transaction_pooler(url) is expected


@pytest.mark.parametrize(
    ("host", "encrypted"),
    [
        ("db.abcd.supabase.co", True),
        ("8.8.8.8", True),
        ("127.0.0.1", False),
        ("localhost", False),
        ("db", False),
        ("10.1.2.3", False),
        ("[::1]", False),
    ],
)
def test_encryption_is_required_over_the_internet(host: str, encrypted: bool) -> None:
    options = connect_options(f"postgresql://u:p@{host}:5432/postgres")
    assert ("sslmode" in options) is encrypted


def test_url_wins() -> None:
    options = connect_options(
        "postgresql://u:p@h.example.com/d?sslmode=verify-full&connect_timeout=1"
    )
    assert "sslmode" not in options
    assert "connect_timeout" not in options
