"""Answers take equally long, whatever there was to do."""

from __future__ import annotations

import threading

import pytest

from hipflask.errors import AuthUnavailable
from hipflask.kit.auth.pace import CEILING, FLOOR, MEMORY, EvenPace
from hipflask.kit.auth.sessions.single_flight import KeyedLocks


class Time:
    """A clock that only moves when somebody works or sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pace(time: Time) -> EvenPace:
    return EvenPace(monotonic=time.monotonic, sleep=time.sleep)


def duration(pace: EvenPace, time: Time, work: float) -> float:
    began = time.now
    with pace.keep():
        time.now += work
    return round(time.now - began, 6)


def test_short_work_takes_the_floor(pace: EvenPace, time: Time) -> None:
    assert {duration(pace, time, work) for work in (0.0, 0.01, 0.09)} == {FLOOR}


def test_everything_takes_as_long_as_the_slowest(pace: EvenPace, time: Time) -> None:
    slow = duration(pace, time, 0.83)
    assert {duration(pace, time, work) for work in (0.0, 0.4, 0.8)} == {slow}


def test_forgets_after_a_while(pace: EvenPace, time: Time) -> None:
    duration(pace, time, 2.0)
    time.now += MEMORY + 1
    assert duration(pace, time, 0.0) == FLOOR


def test_many_quick_calls_do_not_make_it_forget(pace: EvenPace, time: Time) -> None:
    slow = duration(pace, time, 0.8)
    assert {duration(pace, time, 0.0) for _ in range(500)} == {slow}


def test_remembers_the_second_slowest_when_the_slowest_is_old(pace: EvenPace, time: Time) -> None:
    duration(pace, time, 2.0)
    time.now += MEMORY / 2
    middle = [duration(pace, time, 0.0), duration(pace, time, 0.5)][-1]
    time.now += MEMORY / 2
    assert duration(pace, time, 0.0) == 0.55 < middle


def test_an_outage_slows_nobody_down_afterwards(pace: EvenPace, time: Time) -> None:
    for block in (pace.keep, pace.keep_failure):
        with pytest.raises(AuthUnavailable), block():
            time.now += 8.0
            raise AuthUnavailable("away", reason="timeout")
    assert duration(pace, time, 0.0) == FLOOR


def test_hanging_server_does_not_hang_everybody(pace: EvenPace, time: Time) -> None:
    duration(pace, time, 60.0)
    assert duration(pace, time, 0.0) == CEILING


def test_errors_are_paced_too(pace: EvenPace, time: Time) -> None:
    with pytest.raises(ZeroDivisionError), pace.keep():
        raise ZeroDivisionError
    assert time.now == FLOOR


def test_only_failures_are_paced(pace: EvenPace, time: Time) -> None:
    with pace.keep_failure():
        time.now += 0.4
    assert time.now == 0.4
    with pytest.raises(ZeroDivisionError), pace.keep_failure():
        raise ZeroDivisionError
    assert round(time.now - 0.4, 6) == 0.45  # it learned how long success takes


def test_locks_by_key_are_cleared_away() -> None:
    locks = KeyedLocks()
    inside: list[str] = []
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with locks.hold(b"a"):
            entered.set()
            leave.wait(5)
            inside.append("first")

    def wait() -> None:
        with locks.hold(b"a"):
            inside.append("second")

    first = threading.Thread(target=hold)
    first.start()
    entered.wait(5)
    second = threading.Thread(target=wait)
    second.start()
    with locks.hold(b"b"):  # another key does not wait
        assert inside == []
    leave.set()
    first.join()
    second.join()
    assert inside == ["first", "second"]
    assert len(locks) == 0
