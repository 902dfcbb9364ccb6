"""docs/reference/findings.md knows every code of the doctor, in a part of its own."""

from __future__ import annotations

import re
from pathlib import Path

from hipflask.cloudrun.doctor.codes import DOCTOR_CODES
from tests.cloudrun.doctor.test_rules import CASES

FINDINGS = Path(__file__).parents[3] / "docs/reference/findings.md"
ROW = re.compile(r"(?m)^\| `([a-z0-9-]+)` \| (error|warning|note) \| ([^|]+) \| ([^|]+) \|$")
TITLE = "## What the doctor finds\n"


def rows() -> list[tuple[str, str, str, str]]:
    """Return code, severity, meaning and remedy of the doctor's part."""
    return ROW.findall(FINDINGS.read_text(encoding="utf-8").partition(TITLE)[2])


def test_every_code_has_its_row() -> None:
    assert {code: meaning for code, _, meaning, _ in rows()} == dict(DOCTOR_CODES)


def test_severity_is_the_documented_one() -> None:
    found = {case.code: case.finding.severity.value for case in CASES}
    assert found == {code: severity for code, severity, _, _ in rows()}
