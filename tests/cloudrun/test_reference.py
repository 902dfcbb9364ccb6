"""docs/reference knows every finding and every setting of hipflask.toml, and no others."""

from __future__ import annotations

import re
from pathlib import Path

from hipflask.cloudrun.codes import CODES
from hipflask.cloudrun.spec_file import settings
from tests.cloudrun.validate.test_rules import CASES

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
ROW = re.compile(r"(?m)^\| `([a-z0-9-]+)` \| (error|warning|note) \| ([^|]+) \| ([^|]+) \|$")


def findings() -> str:
    """Return the page without the doctor's part, which tests/cloudrun/doctor looks after."""
    text = (REFERENCE / "findings.md").read_text(encoding="utf-8")
    return text.partition("## What the doctor finds\n")[0]


def test_every_code_has_its_row() -> None:
    text = findings()
    rows = {code: meaning for code, _, meaning, _ in ROW.findall(text)}
    assert rows == dict(CODES)


def test_severity_is_the_documented_one() -> None:
    text = findings()
    documented = {code: severity for code, severity, _, _ in ROW.findall(text)}
    found = {case.code: case.finding.severity.value for case in CASES}
    assert found == documented


def test_every_setting_has_its_row() -> None:
    text = (REFERENCE / "hipflask-toml.md").read_text(encoding="utf-8")
    assert re.findall(r"(?m)^\| `([a-z0-9_.]+)` \|", text) == list(settings())
