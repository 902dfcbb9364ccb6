"""Rebuilds the CSS as templates change, when Node is there, and says so when it is not."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = "watch:css"
_FAREWELL_SECONDS = 3.0


class StyleSheets:
    """`npm run watch:css` as a child process.

    Tailwind's watcher ends when its standard input ends, so it cannot outlive us.
    """

    def __init__(self, root: Path, log: Path) -> None:
        self._root = root
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def obstacle(self) -> str | None:
        """Return why the CSS cannot be rebuilt, or ``None``."""
        if SCRIPT not in _scripts(self._root):
            return f"package.json has no script {SCRIPT}"
        if shutil.which("npm") is None:
            return "Node is not installed"
        if not (self._root / "node_modules").is_dir():
            return "run `npm install` once"
        return None

    def start(self) -> None:
        """Start the watcher. Its output goes to the log."""
        npm = shutil.which("npm")
        assert npm is not None
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [npm, "run", "--silent", SCRIPT],
                cwd=self._root,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                **_group(),
            )

    def stop(self) -> None:
        """End the watcher and wait for it."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(_FAREWELL_SECONDS)
        except subprocess.TimeoutExpired:
            _end_group(process)


def _scripts(root: Path) -> dict[str, Any]:
    try:
        scripts = json.loads((root / "package.json").read_text(encoding="utf-8")).get("scripts", {})
    except (OSError, ValueError, AttributeError):
        return {}
    return scripts if isinstance(scripts, dict) else {}


def _group() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End npm and what it started: npm alone would leave Tailwind behind."""
    if sys.platform == "win32":
        taskkill = shutil.which("taskkill") or "taskkill"
        subprocess.run(
            [taskkill, "/T", "/F", "/PID", str(process.pid)], check=False, capture_output=True
        )
    else:
        import os
        import signal

        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
