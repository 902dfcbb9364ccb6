"""What the doctor says, section by section. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hipflask.cloudrun.doctor.facts import Unseen
from hipflask.cloudrun.finding import Finding, Severity


class Section(enum.Enum):
    """What a finding is about, in the order of the report."""

    TOOLS = "Tools"
    FILES = "Files"
    GOOGLE = "Google Cloud"
    SERVICE = "Service"
    SUPABASE = "Supabase"
    DATABASE = "Database"


Said = str | Unseen | Finding
"""What is in order, in words; what could not be looked at; or what is wrong."""

_WORST_FIRST: Final = {kind: place for place, kind in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was said, in order."""

    said: tuple[tuple[Section, Said], ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, or worth knowing."""
        return tuple(each for _, each in self.said if isinstance(each, Finding))

    @property
    def unseen(self) -> tuple[Unseen, ...]:
        """What could not be looked at."""
        return tuple(each for _, each in self.said if isinstance(each, Unseen))

    @property
    def is_well(self) -> bool:
        """Whether nothing is an error."""
        return not any(finding.is_error for finding in self.findings)

    def of(self, section: Section) -> tuple[Said, ...]:
        """Return a section: what is in order, then what is wrong, the worst of it first."""
        return tuple(sorted((each for kind, each in self.said if kind is section), key=_place))


def report_of(parts: Iterable[tuple[Section, Iterable[Said]]]) -> Report:
    """Return the report of what the rules say."""
    return Report(tuple((section, each) for section, said in parts for each in said))


def _place(said: Said) -> int:
    if isinstance(said, Finding):
        return 1 + _WORST_FIRST[said.severity]
    return 0 if isinstance(said, str) else 9
