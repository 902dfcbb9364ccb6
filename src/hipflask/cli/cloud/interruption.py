"""Ctrl-C during a deploy: once to stop between steps, twice to stop at once."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def between_steps(on_first: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether somebody asked to stop.

    The first Ctrl-C (or SIGTERM) lets the step that runs come to its end, the second raises
    KeyboardInterrupt in it. Only for the main thread. ``on_first`` is called in a thread of its
    own: the signal may come while the main thread holds a lock that is needed to say something.
    """
    asked = 0
    saying = threading.Thread(target=on_first, name="interruption")

    def ask(_number: int, _frame: Any) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise KeyboardInterrupt
        saying.start()

    names = ("SIGINT", "SIGTERM", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield lambda: asked > 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if asked:
            saying.join()
