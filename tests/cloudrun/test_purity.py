"""The modules that decide take values and return values: nothing outside is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.imports import imports_of

ROOM = Path(__file__).parents[2] / "src" / "hipflask" / "cloudrun"
OUTSIDE = {
    *("subprocess", "socket", "time", "datetime", "random", "secrets", "os", "shutil", "pathlib"),
    *("urllib.request", "urllib3", "http", "asyncio", "threading", "flask", "psycopg"),
}
DECIDING = [
    *("quantities", "spec", "spec_file", "setting_types", "toml_lines", "codes", "finding"),
    *("limits", "regions", "supabase_limits", "endpoint", "connections", "flags", "nearest"),
    *("managed_variables", "overrides", "validate", "command", "service", "release", "drift"),
    *("observed", "image_build", "step", "plan", "roles", "log_entries", "gcloud_advice", "doctor"),
]


@pytest.mark.parametrize("name", DECIDING)
def test_asks_nothing_outside(name: str) -> None:
    wrong = [
        f"{item.place} imports {item.module}"
        for item in imports_of(ROOM, "hipflask.cloudrun")
        if item.importer.split(".")[2:3] == [name]
        and (item.module in OUTSIDE or item.module.split(".")[0] in OUTSIDE)
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", DECIDING)
def test_states_its_law_at_the_door(name: str) -> None:
    path = ROOM / name / "__init__.py" if (ROOM / name).is_dir() else ROOM / f"{name}.py"
    docstring = path.read_text(encoding="utf-8").split('"""')[1]
    assert "Pure" in docstring
