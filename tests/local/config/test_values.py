"""Go's durations and sizes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hipflask.local.config.values import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1s", 1), ("1m0s", 60), ("24h", 86400), ("1.5h", 5400), ("500ms", 0.5), ("0", 0), ("0s", 0)],
)
def test_reads_a_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "1", "s", "1 s", "1d", "-1s", "1s2", "one"])
def test_refuses_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "count"), [("50MiB", 52428800), ("5MB", 5242880), ("500KB", 512000), ("7", 7)]
)
def test_reads_a_size(text: str, count: int) -> None:
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["", "MB", "5 apples", "-5MB"])
def test_refuses_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="size"):
        parse_size(text)
