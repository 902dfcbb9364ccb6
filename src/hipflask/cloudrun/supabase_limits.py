"""What Supabase's database sizes allow in connections. Pure.

From Supabase's pages on compute and on pooling (platform/compute-and-disk.mdx,
connecting-to-postgres/pooling-and-limits.mdx), read 2026-10-08.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

# Supabase's rule of thumb: the rest belongs to Auth, Storage, the Data API and its own checks.
SHARE_WITH_DATA_API: Final = 40
SHARE_WITHOUT_DATA_API: Final = 80


@dataclass(frozen=True, slots=True)
class Compute:
    """A size of database server: PostgreSQL's ``max_connections`` and the pooler's clients."""

    name: str
    max_connections: int
    pooler_clients: int

    def direct_share(self, *, data_api: bool) -> int:
        """Return how many connections the application may open without the pooler."""
        percent = SHARE_WITH_DATA_API if data_api else SHARE_WITHOUT_DATA_API
        return self.max_connections * percent // 100


_SIZES: Final = (
    Compute("nano", 60, 200),
    Compute("micro", 60, 200),
    Compute("small", 90, 400),
    Compute("medium", 120, 600),
    Compute("large", 160, 800),
    Compute("xl", 240, 1_000),
    Compute("2xl", 380, 1_500),
    Compute("4xl", 480, 3_000),
    Compute("8xl", 490, 6_000),
    Compute("12xl", 500, 9_000),
    Compute("16xl", 500, 12_000),
)
COMPUTES: Final[Mapping[str, Compute]] = MappingProxyType({each.name: each for each in _SIZES})
