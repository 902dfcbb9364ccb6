"""One thing that is wrong with a spec, in words for people who never used Cloud Run. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from hipflask.cloudrun.codes import CODES


class Severity(enum.Enum):
    """How bad it is."""

    ERROR = "error"
    """Cloud Run rejects it, or the application cannot work."""
    WARNING = "warning"
    """It deploys, and will cost, break or leak something."""
    NOTE = "note"
    """Worth knowing before it is deployed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, why, and what to write instead.

    ``field`` is the setting in ``hipflask.toml`` (``service.cpu``). ``rejection`` holds Cloud
    Run's own words where they are known, and ``source`` says where the rule comes from.
    """

    known: ClassVar[Mapping[str, str]] = CODES

    code: str
    severity: Severity
    field: str
    what: str
    why: str
    remedy: str
    rejection: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        if self.code not in self.known:
            raise ValueError(f"{self.code} is in no list of finding codes")

    @property
    def is_error(self) -> bool:
        """Whether it stops a deploy."""
        return self.severity is Severity.ERROR
