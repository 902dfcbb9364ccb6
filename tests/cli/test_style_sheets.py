"""Rebuilding the CSS when Node is there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from hipflask.cli.style_sheets import StyleSheets
from tests.cli.conftest import all_gone

NODE = pytest.mark.skipif(shutil.which("npm") is None, reason="Node is not installed")
WATCHER = """
process.stdin.on("end", () => process.exit(0)); process.stdin.resume();
require("fs").writeFileSync("started", String(process.pid));
setInterval(() => {}, 1000);
"""


def project(root: Path, *, script: str = "node watch.js", modules: bool = True) -> StyleSheets:
    package = {"name": "x", "scripts": {"watch:css": script} if script else {}}
    (root / "package.json").write_text(json.dumps(package))
    (root / "watch.js").write_text(WATCHER)
    if modules:
        (root / "node_modules").mkdir()
    return StyleSheets(root, root / "css.log")


def test_says_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert StyleSheets(tmp_path, tmp_path / "log").obstacle() is not None
    (tmp_path / "a").mkdir()
    assert "watch:css" in str(project(tmp_path / "a", script="").obstacle())
    monkeypatch.setenv("PATH", "")
    (tmp_path / "b").mkdir()
    assert project(tmp_path / "b").obstacle() == "Node is not installed"


@NODE
def test_wants_the_modules(tmp_path: Path) -> None:
    assert "npm install" in str(project(tmp_path, modules=False).obstacle())
    (tmp_path / "node_modules").mkdir()
    assert StyleSheets(tmp_path, tmp_path / "log").obstacle() is None


@NODE
def test_starts_and_leaves_no_process(tmp_path: Path) -> None:
    sheets = project(tmp_path)
    sheets.start()
    node = psutil.Process(started(tmp_path))
    sheets.stop()
    assert all_gone([node]) == []


@NODE
def test_ends_with_a_killed_owner(tmp_path: Path) -> None:
    project(tmp_path)
    code = (
        "import time; from pathlib import Path\n"
        "from hipflask.cli.style_sheets import StyleSheets\n"
        "StyleSheets(Path('.'), Path('css.log')).start(); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=dict(os.environ))
    node = psutil.Process(started(tmp_path))
    family = psutil.Process(owner.pid).children(recursive=True)
    owner.kill()
    owner.wait()
    assert all_gone([node, *family]) == []


def started(root: Path) -> int:
    """Wait for the watcher and return its pid."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        file = root / "started"
        if file.exists() and (text := file.read_text()):
            return int(text)
        time.sleep(0.02)
    raise AssertionError((root / "css.log").read_text())
