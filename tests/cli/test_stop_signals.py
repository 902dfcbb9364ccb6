"""Signals become one event, whatever the main thread is doing when they come."""

from __future__ import annotations

import signal
import threading

from hipflask.cli.stop_signals import stop_on_signals


def test_signal_sets_the_event() -> None:
    stop = threading.Event()
    with stop_on_signals(stop, threading.Event()):
        signal.raise_signal(signal.SIGTERM)
        assert stop.wait(10)


def test_signal_may_come_while_the_event_is_looked_at() -> None:
    stop = threading.Event()
    with stop_on_signals(stop, threading.Event()):
        # What `stop.wait()` holds for a moment at each turn.
        with stop._cond:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGINT)
        assert stop.wait(10)


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals(threading.Event(), threading.Event()):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
    assert not any(thread.name == "signals" for thread in threading.enumerate())
