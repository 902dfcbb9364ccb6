"""Every error code that the service raises is looked for by a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipflask.local import auth
from hipflask.local.auth.errors import STATUS_OF

RAISERS = "\n".join(
    path.read_text(encoding="utf-8")
    for path in Path(auth.__file__).parent.rglob("*.py")
    if path.name != "errors.py"
)
TESTS = "\n".join(
    path.read_text(encoding="utf-8")
    for path in Path(__file__).parents[2].rglob("test_*.py")
    if path != Path(__file__)
)


@pytest.mark.parametrize("code", [code for code in STATUS_OF if f'"{code}"' in RAISERS])
def test_code_is_tested(code: str) -> None:
    assert code in TESTS
