"""Noticing changed files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hipflask.cli.watcher import Watcher


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.py").write_text("1")
    return tmp_path


def names(watcher: Watcher) -> list[str]:
    return [path.name for path in watcher.changes()]


def test_notices_new_changed_and_deleted(root: Path) -> None:
    watcher = Watcher(root)
    assert names(watcher) == []
    (root / "app" / "b.py").write_text("x")
    (root / "app" / "a.py").write_text("22")
    assert names(watcher) == ["a.py", "b.py"]
    (root / "app" / "b.py").unlink()
    assert names(watcher) == ["b.py"]
    assert names(watcher) == []


def test_notices_a_change_of_the_same_size(root: Path) -> None:
    watcher = Watcher(root)
    file = root / "app" / "a.py"
    file.write_text("2")
    later = file.stat().st_mtime_ns + 1
    os.utime(file, ns=(later, later))
    assert names(watcher) == ["a.py"]


@pytest.mark.parametrize("name", [".env", "messages.po", "messages.mo", "deep/er/x.py"])
def test_watches(root: Path, name: str) -> None:
    watcher = Watcher(root)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("x")
    assert names(watcher) == [Path(name).name]


@pytest.mark.parametrize(
    "name",
    ["page.html", "app.css", ".hipflask/x.py", "node_modules/x.py", ".venv/x.py", "tests/x.py"],
)
def test_passes_over(root: Path, name: str) -> None:
    watcher = Watcher(root)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("x")
    assert names(watcher) == []
