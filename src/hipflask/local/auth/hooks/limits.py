"""How long, how often and how much of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class HookLimits:
    """What a hook may take; the defaults are GoTrue's (hookshttp.go, hookspgfunc.go).

    ``webhook`` is for all ``tries`` together, ``pause`` lies between two of them, and
    ``answer_bytes`` may be used up.
    """

    function: timedelta = timedelta(seconds=2)
    webhook: timedelta = timedelta(seconds=5)
    tries: int = 3
    pause: timedelta = timedelta(seconds=2)
    answer_bytes: int = 200 * 1024
