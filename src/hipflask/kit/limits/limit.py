"""A limit, and where somebody stands with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

By = Literal["address", "user", "everyone"] | Callable[[], str]

MOST_QUOTA: Final = 1_000_000
LONGEST: Final = timedelta(days=366)
_NAME: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,80}")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``quota`` requests at once; ``quota`` more come back evenly over ``per`` seconds.

    This is the generic cell rate algorithm: no window ends, so there is no moment at which
    everybody rushes in, and one row holds all there is to know.

    ``by`` says who is counted: the ``address`` (IPv6 by its /64), the ``user`` (who is not signed
    in, by address), ``everyone`` together, or a function that returns a text; an empty one counts
    nobody. Without a ``name`` each route has a limit of its own; routes that give the same name,
    quota and time share one. ``when_away`` says what happens while the database is away.
    """

    quota: int
    per: int
    by: By = "address"
    name: str = ""
    when_away: Literal["allow", "refuse"] = "allow"

    def __post_init__(self) -> None:
        if not 1 <= self.quota <= MOST_QUOTA:
            raise ValueError(f"a limit's quota is 1 to {MOST_QUOTA}, not {self.quota}")
        if not 1 <= self.per <= LONGEST.total_seconds():
            raise ValueError(f"a limit's time is 1 second to 366 days, not {self.per} seconds")
        if self.per * 1000 < self.quota:
            raise ValueError("a limit lets at most 1000 requests a second through")
        if self.name and not _NAME.fullmatch(self.name):
            raise ValueError(f"a limit cannot be called {self.name!r}")
        if not callable(self.by) and self.by not in ("address", "user", "everyone"):
            raise ValueError(f"nobody can be counted by {self.by!r}")
        if self.when_away not in ("allow", "refuse"):
            raise ValueError(f"when_away is 'allow' or 'refuse', not {self.when_away!r}")

    @property
    def cost(self) -> int:
        """Microseconds until one unit has come back."""
        return self.per * 1_000_000 // self.quota

    def named(self, route: str) -> str:
        """Return the limit's name; one without gets a name that says what it limits."""
        if self.name:
            return self.name
        by = "key" if callable(self.by) else self.by
        plain = re.sub(r"[^A-Za-z0-9_.:/-]", "-", route)[:80]
        return f"{plain}:{by}:{self.per}"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands: ``remaining`` units now, one more in ``reset`` seconds.

    ``reset`` is 0 when all of the quota is there.
    """

    name: str
    limit: Limit
    remaining: int
    reset: int
    allowed: bool
