"""Ctrl-C during a deploy: once to stop between steps, twice to stop at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

# Ctrl-C, a polite end, a terminal that was closed, Windows' Ctrl-Break.
_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


@contextlib.contextmanager
def like_ctrl_c() -> Iterator[None]:
    """Let every signal that asks to end do what Ctrl-C does: it ends the program that runs, too.

    Without that a build would go on alone after hipflask has ended. Only for the main thread.
    """

    def interrupt(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    with _handled_by(interrupt):
        yield


@contextlib.contextmanager
def between_steps(on_first: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether somebody asked to stop.

    The first Ctrl-C (or signal of that kind) lets the step that runs come to its end, the second
    raises KeyboardInterrupt in it. Only for the main thread. ``on_first`` is called in a thread of
    its own: the signal may come while the main thread holds a lock that is needed to say something.
    """
    asked = 0
    saying = threading.Thread(target=on_first, name="interruption")

    def ask(_number: int, _frame: Any) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise KeyboardInterrupt
        saying.start()

    with _handled_by(ask):
        try:
            yield lambda: asked > 0
        finally:
            if asked:
                saying.join()


@contextlib.contextmanager
def _handled_by(handler: Callable[[int, Any], None]) -> Iterator[None]:
    """Set a handler for a while; what is ignored stays so, as under nohup."""
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    kept = {number: old for number, old in before.items() if old is not signal.SIG_IGN}
    for number in kept:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in kept.items():
            signal.signal(number, old)
