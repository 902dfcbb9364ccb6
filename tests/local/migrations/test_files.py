"""Making and listing migration files."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from hipflask.errors import ConfigError
from hipflask.local.migrations import list_files, new_file


class StoppedClock:
    """Half past nine in Berlin on a winter's day."""

    def now(self) -> datetime:
        return datetime(2026, 1, 2, 9, 30, 0, tzinfo=timezone(timedelta(hours=1)))


def test_new_file_is_named_by_the_time_in_utc(tmp_path: Path) -> None:
    file = new_file(tmp_path / "migrations", "create notes", StoppedClock())
    assert file.path.name == "20260102083000_create_notes.sql"
    assert file.path.read_text() == ""
    assert list_files(tmp_path / "migrations") == [file]


def test_two_in_one_second_have_versions_of_their_own(tmp_path: Path) -> None:
    first = new_file(tmp_path, "a", StoppedClock())
    second = new_file(tmp_path, "b", StoppedClock())
    assert first.version < second.version


@pytest.mark.parametrize("name", ["", "  ", "../", "/"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="no name"):
        new_file(tmp_path, name, StoppedClock())


def test_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    file = new_file(tmp_path / "migrations", "../../etc/x", StoppedClock())
    assert file.path.parent == tmp_path / "migrations"


def test_chinese_name_is_kept(tmp_path: Path) -> None:
    assert new_file(tmp_path, "创建笔记", StoppedClock()).name == "创建笔记"


def test_versions_are_the_digits_before_the_first_underscore(tmp_path: Path) -> None:
    (tmp_path / "20260101_first_table.sql").touch()
    assert [(file.version, file.name) for file in list_files(tmp_path)] == [
        ("20260101", "first_table")
    ]
