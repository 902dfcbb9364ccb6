"""Where a project is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipflask.errors import ConfigError
from hipflask.local.project import Project


def test_is_found_from_below(tmp_path: Path) -> None:
    (tmp_path / "supabase").mkdir()
    (tmp_path / "supabase" / "config.toml").touch()
    below = tmp_path / "app" / "pages"
    below.mkdir(parents=True)
    assert Project.find(below).root == tmp_path.resolve()


def test_none_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Project.find(tmp_path)
    assert "hipflask new" in caught.value.hint


def test_state_is_kept_out_of_version_control(tmp_path: Path) -> None:
    Project(tmp_path).create_state()
    assert (tmp_path / ".hipflask" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_unwritable_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".hipflask").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Project(tmp_path).create_state()
    assert "Cannot write to" in caught.value.message
