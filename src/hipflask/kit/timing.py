"""How long the parts of a request take: hooks that cost nothing until somebody listens.

The database, Auth, Storage and the templates say when they begin and end; Server-Timing and traces
listen. Pure: it knows neither Flask nor what is measured.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import Final, Protocol


class Recorder(Protocol):
    """Somebody who listens to one request."""

    def begin(self, part: str, what: str) -> None:
        """Hear that something of a part begins; it may be within another."""

    def end(self, failed: bool) -> None:
        """Hear that what began last has ended."""


_recorder: Final[ContextVar[Recorder | None]] = ContextVar("hipflask_recorder", default=None)


def listen(recorder: Recorder | None) -> None:
    """Let somebody listen to what this thread does from now on; None ends it."""
    _recorder.set(recorder)


class _Span:
    __slots__ = ("_part", "_recorder", "_what")

    def __init__(self, recorder: Recorder, part: str, what: str) -> None:
        self._recorder = recorder
        self._part = part
        self._what = what

    def __enter__(self) -> None:
        self._recorder.begin(self._part, self._what)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._recorder.end(error is not None)


class _Nobody:
    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


_NOBODY: Final = _Nobody()


def timed(part: str, what: str) -> _Span | _Nobody:
    """Return the ``with`` block of something that takes its time.

    ``part`` is ``database``, ``auth``, ``storage`` or ``render``; ``what`` must name no secret: it
    goes to whoever listens.
    """
    recorder = _recorder.get()
    return _NOBODY if recorder is None else _Span(recorder, part, what)


def begin(part: str, what: str) -> None:
    """Say that something begins whose end ``end`` tells; where a ``with`` block does not fit."""
    recorder = _recorder.get()
    if recorder is not None:
        recorder.begin(part, what)


def end() -> None:
    """Say that what began last has ended."""
    recorder = _recorder.get()
    if recorder is not None:
        recorder.end(failed=False)
