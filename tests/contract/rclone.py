"""Runs rclone, an S3 client that shares no code with boto3, against a backend."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from hipflask.testing import SupabaseBackend

SECONDS_PER_COMMAND = 60


@dataclass(frozen=True)
class Rclone:
    """The program with a remote ``s3:``."""

    program: str
    environment: dict[str, str]

    def __call__(self, *arguments: str) -> str:
        """Run a command and return its standard output; AssertionError when it fails."""
        ended = self.run(*arguments)
        assert ended.returncode == 0, f"rclone {' '.join(arguments)}: {ended.stderr}"
        return ended.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command, whatever comes of it."""
        small = ["--s3-chunk-size", "5M", "--s3-upload-cutoff", "5M", "--s3-copy-cutoff", "8M"]
        return subprocess.run(
            [self.program, *small, "--retries", "1", "--low-level-retries", "1", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS_PER_COMMAND,
            env=self.environment,
        )


def rclone_for(backend: SupabaseBackend, folder: Path, token: str | None = None) -> Rclone:
    """Return rclone with the project's keys or a session's; skip with a sentence without it."""
    program = shutil.which("rclone")
    if program is None:
        pytest.skip("rclone is not installed: the S3 protocol is checked with boto3 alone")
    keys = backend.keys
    pair = (keys.s3_access_key_id, keys.s3_secret_access_key)
    access_key, secret = pair if token is None else ("stub", keys.anon_key)
    settings = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": f"{backend.url}/storage/v1/s3",
        "ACCESS_KEY_ID": access_key,
        "SECRET_ACCESS_KEY": secret,
        "SESSION_TOKEN": token or "",
        "REGION": "local",
    }
    named = {f"RCLONE_CONFIG_S3_{name}": value for name, value in settings.items()}
    config = {"HOME": str(folder), "RCLONE_CONFIG": str(folder / "rclone.conf")}
    return Rclone(program, {"PATH": os.environ["PATH"], **config, **named})
