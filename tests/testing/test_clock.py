from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipflask.testing import MovableClock


def test_runs_like_the_machine() -> None:
    before, shown, after = datetime.now(UTC), MovableClock().now(), datetime.now(UTC)
    assert before <= shown <= after


def test_advances_and_keeps_running() -> None:
    clock = MovableClock()
    clock.advance(timedelta(minutes=1), hours=2)
    first, second = clock.now(), clock.now()
    assert first - datetime.now(UTC) > timedelta(hours=2)
    assert second >= first


def test_frozen_stands_still_and_can_be_moved() -> None:
    clock = MovableClock()
    frozen = clock.freeze()
    assert clock.now() == frozen
    assert clock.advance(seconds=5) == frozen + timedelta(seconds=5)
    clock.unfreeze()
    assert clock.now() >= frozen + timedelta(seconds=5)


def test_moves_to_a_moment() -> None:
    clock = MovableClock()
    moment = datetime(2031, 5, 1, 12, tzinfo=UTC)
    assert clock.move_to(moment) - moment < timedelta(seconds=1)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        MovableClock().move_to(datetime(2031, 5, 1))  # noqa: DTZ001
