"""The threads that answer, more of them while clients keep the others waiting."""

from __future__ import annotations

import threading
from typing import Any, Final

from cheroot.workers.threadpool import ThreadPool

#: How long a request waits, in seconds, before it gets a thread of its own.
_PATIENCE: Final = 0.25
_MORE_AT_ONCE: Final = 8
#: Quiet looks around after which the additional threads end.
_QUIET: Final = 40


class GrowingThreads(ThreadPool):
    """As many threads as there are requests at work, within limits.

    A client may send or take its body as slowly as it likes: a browser that has enough of a video
    for now takes nothing. Its thread waits meanwhile, and all other clients would wait for it.
    Requests that are only many find the threads free again within a moment and make none.
    """

    def __init__(self, server: Any, *, least: int, most: int) -> None:
        super().__init__(server, min=least, max=most)
        self._turn = threading.Lock()
        self._work = threading.Event()
        self._is_stopped = False

    def start(self) -> None:
        """Start the threads, and one that watches over them."""
        super().start()
        threading.Thread(target=self._watch, name="http threads", daemon=True).start()

    def put(self, obj: Any) -> None:
        """Hand a connection to the threads."""
        super().put(obj)
        self._work.set()

    def stop(self, timeout: int = 5) -> None:
        """End the threads."""
        with self._turn:
            self._is_stopped = True
        self._work.set()
        super().stop(timeout)

    def _watch(self) -> None:
        while True:
            self._work.wait()
            self._work.clear()
            quiet, pause = 0, threading.Event()
            while quiet < _QUIET:
                pause.wait(_PATIENCE)
                with self._turn:
                    if self._is_stopped:
                        return
                    if self.qsize and self.idle == 0:
                        self.grow(_MORE_AT_ONCE)
                        quiet = 0
                    else:
                        quiet += 1
            with self._turn:
                if not self._is_stopped:
                    self.shrink(self.idle)
