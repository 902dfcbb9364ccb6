"""What a validation may know beyond the spec. Pure: whoever knows it says it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

APPLICATION_NEEDS: Final = (
    ("SITE_URL",),
    ("SECRET_KEY",),
    ("SUPABASE_URL",),
    ("SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY"),
    ("DATABASE_URL",),
)
"""The variables without which ``hipflask.Settings`` refuses to start; of a group one is enough."""


@dataclass(frozen=True, slots=True)
class Context:
    """The surroundings of a spec.

    ``database_url`` is the value of the secret DATABASE_URL where it is known: it is read and
    never shown. ``supplied`` names variables that the deploy adds by itself, ``needs`` what the
    application must have. ``outside_paths`` are paths that somebody calls at the service's public
    address, ``behind_hosting`` says that Firebase Hosting stands in front.
    """

    database_url: str = ""
    supplied: frozenset[str] = frozenset()
    needs: tuple[tuple[str, ...], ...] = APPLICATION_NEEDS
    outside_paths: tuple[str, ...] = ()
    behind_hosting: bool = False

    def __repr__(self) -> str:
        known = "known" if self.database_url else "not known"
        return f"<Context, DATABASE_URL {known}, supplied {sorted(self.supplied)}>"
