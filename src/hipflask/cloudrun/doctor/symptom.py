"""A finding of the doctor's: about what is in place, not about the file alone. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from hipflask.cloudrun.doctor.codes import DOCTOR_CODES
from hipflask.cloudrun.finding import Finding


@dataclass(frozen=True, slots=True)
class Symptom(Finding):
    """Like any finding; ``field`` is empty where no setting of hipflask.toml is to blame."""

    known: ClassVar[Mapping[str, str]] = DOCTOR_CODES
