"""Finds the real Supabase CLI and runs it on a project's folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "cli"
SETTING = "HIPFLASK_SUPABASE_CLI"
SECONDS_PER_COMMAND = 120


@dataclass(frozen=True)
class SupabaseCLI:
    """The program, working on one folder."""

    program: str
    folder: Path

    def __call__(self, *arguments: str) -> str:
        """Run a command and return its standard output; AssertionError when it fails."""
        ended = subprocess.run(
            [self.program, *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS_PER_COMMAND,
            env={**os.environ, "DO_NOT_TRACK": "1", "SUPABASE_TELEMETRY_DISABLED": "1"},
        )
        assert ended.returncode == 0, f"supabase {' '.join(arguments)}: {ended.stderr}"
        return ended.stdout

    def migrations(self, url: str) -> list[tuple[str, str]]:
        """Return what `migration list` shows: (version in the folder, version in the database)."""
        answer = self("migration", "list", f"--remote={url}", "--output-format", "json")
        listed: list[dict[str, Any]] = json.loads(answer)["migrations"]
        return [(row["local"], row["remote"]) for row in listed]


def find_supabase_cli() -> str:
    """Return the path of the program: named, on the PATH, or the pinned one from npm.

    Skips with a sentence where there is none and none can be had.
    """
    named = os.environ.get(SETTING) or shutil.which("supabase")
    if named:
        return named
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"the Supabase CLI is not here: install it, or npm, or name it in {SETTING}")
    manifest, installed = FOLDER / "package.json", FOLDER / "node_modules/.package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < manifest.stat().st_mtime:
        # Not `npm ci`: a lock file names the program of the one system it was written on.
        outcome = subprocess.run(
            [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=FOLDER,
            capture_output=True,
            text=True,
            timeout=600,
        )
        if outcome.returncode != 0:
            pytest.skip(f"npm could not install the Supabase CLI: {outcome.stderr[-300:]}")
    suffix = ".cmd" if os.name == "nt" else ""
    return str(FOLDER / f"node_modules/.bin/supabase{suffix}")
