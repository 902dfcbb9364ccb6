"""hipflask.toml on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipflask.cloudrun.spec_source import find_spec_file, load_spec
from hipflask.errors import ConfigError


def test_finds_the_file_from_below(tmp_path: Path) -> None:
    file = tmp_path / "hipflask.toml"
    file.write_text("", encoding="utf-8")
    below = tmp_path / "app" / "pages"
    below.mkdir(parents=True)
    assert find_spec_file(below) == file.resolve()


def test_missing_file_leads_to_a_project(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no hipflask\.toml") as caught:
        find_spec_file(tmp_path)
    assert "hipflask new" in caught.value.hint


def test_reads_a_file_of_windows(tmp_path: Path) -> None:
    file = tmp_path / "hipflask.toml"
    file.write_bytes(b'\xef\xbb\xbf[service]\r\nname = "shop"\r\n')
    assert load_spec(file).spec.name == "shop"


def test_names_the_file_and_the_line(tmp_path: Path) -> None:
    file = tmp_path / "hipflask.toml"
    file.write_text("[service]\ncpus = 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"hipflask\.toml, line 2: service\.cpus is no setting"):
        load_spec(file)


@pytest.mark.parametrize("kind", ["missing", "folder", "latin"])
def test_unreadable_file_is_told(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "hipflask.toml"
    if kind == "folder":
        file.mkdir()
    elif kind == "latin":
        file.write_bytes(b'name = "caf\xe9"')
    with pytest.raises(ConfigError, match=r"hipflask\.toml (?:cannot be read|is not UTF-8)"):
        load_spec(file)
