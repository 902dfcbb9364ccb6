"""supabase-py's asynchronous client, driven like the synchronous one: the same tests ask both."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable
from functools import partial
from typing import Any

SECONDS_PER_CALL = 30


class EventLoopThread:
    """An event loop beside the tests, whose own thread may be running Playwright's."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="supabase-py async")
        self._thread.start()

    def wait_for(self, awaitable: Awaitable[Any]) -> Any:
        """Return what the loop makes of it."""

        async def run() -> Any:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(SECONDS_PER_CALL)

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class Blocking:
    """An object of the client whose methods return when what they began is done."""

    def __init__(self, inner: Any, loop: EventLoopThread) -> None:
        self._inner = inner
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if callable(found):
            return partial(self._call, found)
        if type(found).__module__.startswith("supabase"):
            return Blocking(found, self._loop)
        return found

    def _call(self, method: Any, *args: Any, **more: Any) -> Any:
        outcome = method(*args, **more)
        return self._loop.wait_for(outcome) if isinstance(outcome, Awaitable) else outcome
