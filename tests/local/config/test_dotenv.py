"""``.env`` files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipflask.errors import ConfigError
from hipflask.local.config.dotenv import project_environ, read_dotenv


def written(folder: Path, text: str, name: str = ".env") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_names_and_values(tmp_path: Path) -> None:
    text = """
    # a note
    A=1
    export B = two words
    C="a \\"quoted\\" \\n line" # note
    D='single $x'
    E=
    F=x#y
    G=x # note
    """
    assert read_dotenv(written(tmp_path, text)) == {
        "A": "1",
        "B": "two words",
        "C": 'a "quoted" \n line',
        "D": "single $x",
        "E": "",
        "F": "x#y",
        "G": "x",
    }


def test_missing_file_is_empty(tmp_path: Path) -> None:
    assert read_dotenv(tmp_path / ".env") == {}


@pytest.mark.parametrize("line", ["no equals sign", 'A="open', "1A=x"])
def test_bad_line_is_named_but_not_shown(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_dotenv(written(tmp_path, f"X=1\n{line}\n"))
    assert "line 2" in caught.value.message
    assert line not in caught.value.message


def test_environment_wins_over_local_over_plain(tmp_path: Path) -> None:
    written(tmp_path, "A=env\nB=env\nC=env\nD=env")
    written(tmp_path, "B=local\nC=local", ".env.local")
    written(tmp_path, "D=supabase", "supabase/.env")
    merged = project_environ(tmp_path, {"C": "real"})
    assert merged == {"A": "env", "B": "local", "C": "real", "D": "supabase"}
