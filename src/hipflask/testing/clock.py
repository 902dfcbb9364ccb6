"""A clock that tests move by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock


class MovableClock:
    """Runs like the machine's clock until a test moves or freezes it.

    It satisfies `hipflask.protocol.clock.Clock`. It moves the backend's time alone: code under
    test that reads the machine's clock itself does not notice.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._offset = timedelta(0)
        self._frozen_at: datetime | None = None

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        with self._lock:
            return self._now()

    def advance(
        self,
        by: timedelta = timedelta(0),
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
    ) -> datetime:
        """Move on by the sum of the arguments (back, when it is negative) and return the time."""
        step = by + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        with self._lock:
            if self._frozen_at is None:
                self._offset += step
            else:
                self._frozen_at += step
            return self._now()

    def move_to(self, moment: datetime) -> datetime:
        """Set the time; a clock that was frozen stays so. ``moment`` must be aware."""
        if moment.tzinfo is None:
            raise ValueError("move_to needs an aware datetime, such as datetime.now(UTC)")
        with self._lock:
            if self._frozen_at is None:
                self._offset = moment.astimezone(UTC) - datetime.now(UTC)
            else:
                self._frozen_at = moment.astimezone(UTC)
            return self._now()

    def freeze(self) -> datetime:
        """Stop at the present moment and return it; `advance` and `move_to` still work."""
        with self._lock:
            self._frozen_at = self._now()
            return self._frozen_at

    def unfreeze(self) -> None:
        """Let it run again from where it stands."""
        with self._lock:
            if self._frozen_at is not None:
                self._offset = self._frozen_at - datetime.now(UTC)
                self._frozen_at = None

    def _now(self) -> datetime:
        return self._frozen_at or datetime.now(UTC) + self._offset
