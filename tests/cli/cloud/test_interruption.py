"""Ctrl-C between steps, and within one."""

from __future__ import annotations

import signal
import threading

import pytest

from hipflask.cli.cloud.interruption import between_steps, like_ctrl_c

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
HANDLED = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]


@pytest.mark.parametrize("number", HANDLED)
def test_first_signal_lets_the_step_end(number: int) -> None:
    said = threading.Event()
    with between_steps(said.set) as is_stopped:
        assert not is_stopped()
        signal.raise_signal(number)
        assert said.wait(10)
        assert is_stopped()


@pytest.mark.parametrize("number", HANDLED)
def test_second_signal_stops_at_once(number: int) -> None:
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt), between_steps(lambda: said.append("once")):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(number)
    assert said == ["once"]


def test_signal_may_come_while_something_is_being_said() -> None:
    lock, said = threading.Lock(), threading.Event()

    def say() -> None:
        with lock:
            said.set()

    with between_steps(say) as is_stopped:
        with lock:
            signal.raise_signal(signal.SIGINT)
            assert is_stopped()
        assert said.wait(10)


@pytest.mark.parametrize("number", HANDLED)
def test_other_signals_are_like_ctrl_c(number: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), like_ctrl_c():
        signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_what_is_ignored_stays_so() -> None:
    """Under nohup a closed terminal ends nothing."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with like_ctrl_c(), between_steps(lambda: None) as is_stopped:
            signal.raise_signal(signal.SIGTERM)
            assert not is_stopped()
    finally:
        signal.signal(signal.SIGTERM, before)


def test_nothing_is_said_without_a_signal() -> None:
    said: list[str] = []
    with between_steps(lambda: said.append("stopping")) as is_stopped:
        pass
    assert not is_stopped()
    assert said == []


@pytest.mark.parametrize("number", HANDLED)
def test_handlers_are_put_back(number: int) -> None:
    before = signal.getsignal(number)
    with between_steps(lambda: None):
        assert signal.getsignal(number) is not before
    assert signal.getsignal(number) is before


def test_handlers_are_put_back_after_an_interrupt() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), between_steps(lambda: None):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
