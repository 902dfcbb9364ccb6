"""The real gcloud, run against the fake."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 120
MISSING = "gcloud is not installed; the Google Cloud SDK has it"


@dataclass
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        assert self.code == 0, self.err
        return json.loads(self.out)


def inherited() -> dict[str, str]:
    """Return this process's environment without what would steer gcloud."""
    names = ("DOCKER_CONFIG", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("CLOUDSDK_") and name not in names
    }


@dataclass
class Gcloud:
    """Runs gcloud with ``environ`` (see `FakeGoogle.environ`)."""

    environ: dict[str, str]
    folder: Path

    def run(self, *arguments: str, stdin: str | None = None) -> Outcome:
        """Run a command to its end."""
        done = subprocess.run(
            [shutil.which("gcloud") or "gcloud", *arguments],
            cwd=self.folder,
            env={**inherited(), **self.environ},
            input=stdin if stdin is not None else "",
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def __call__(self, *arguments: str, stdin: str | None = None) -> Outcome:
        """Run a command that must succeed."""
        outcome = self.run(*arguments, stdin=stdin)
        assert outcome.code == 0, f"gcloud {' '.join(arguments)}:\n{outcome.err}"
        return outcome
