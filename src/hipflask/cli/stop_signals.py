"""Every way in which a user or the system asks a process to end, turned into one event."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

_CLOSING_SECONDS = 4.5  # Windows kills a process 5 s after its console was closed


@contextlib.contextmanager
def stop_on_signals(stop: threading.Event, stopped: threading.Event) -> Iterator[None]:
    """Set ``stop`` on Ctrl-C, SIGTERM, SIGHUP, Ctrl-Break and when a Windows console closes.

    ``stopped`` tells Windows that the work is done. Only for the main thread.
    """

    # A handler interrupts the main thread anywhere, also where it holds the event's lock: setting
    # the event there would wait for itself. This queue alone may be used from a handler.
    requests: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def asked(_number: int, _frame: Any) -> None:
        requests.put(True)

    def pass_on() -> None:
        while requests.get():
            stop.set()

    passing_on = threading.Thread(target=pass_on, name="signals", daemon=True)
    passing_on.start()
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, asked) for number in numbers}
    handler = _watch_windows_console(stop, stopped)
    _watch_windows_parent(stop)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
        requests.put(False)
        passing_on.join()
        if handler is not None:
            handler()


def wait(event: threading.Event) -> None:
    """Wait for an event, in steps: on Windows a plain wait would not notice Ctrl-C."""
    while not event.wait(0.5):
        pass


def _watch_windows_console(stop: threading.Event, stopped: threading.Event) -> Any:
    """Handle CTRL_CLOSE, LOGOFF and SHUTDOWN; return what takes the handler off again."""
    if sys.platform == "win32":
        import ctypes

        @ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)
        def closing(event: int) -> int:
            if event < 2:  # CTRL_C and CTRL_BREAK arrive as signals
                return 0
            stop.set()
            # The process ends when this function returns.
            stopped.wait(_CLOSING_SECONDS)
            return 1

        kernel = ctypes.windll.kernel32
        kernel.SetConsoleCtrlHandler(closing, 1)
        return lambda: kernel.SetConsoleCtrlHandler(closing, 0)
    return None


def _watch_windows_parent(stop: threading.Event) -> None:
    """Set ``stop`` when run.py, which waits for us on Windows, has been killed.

    On POSIX run.py becomes this process, and there is nothing to watch.
    """
    if sys.platform == "win32" and (parent := os.environ.get("HIPFLASK_PARENT", "")).isdigit():
        import ctypes

        synchronize, forever = 0x00100000, 0xFFFFFFFF
        kernel = ctypes.windll.kernel32
        kernel.OpenProcess.restype = ctypes.c_void_p
        handle = kernel.OpenProcess(synchronize, 0, int(parent))
        if handle:

            def wait_for_parent() -> None:
                kernel.WaitForSingleObject(ctypes.c_void_p(handle), forever)
                stop.set()

            threading.Thread(target=wait_for_parent, name="parent", daemon=True).start()
