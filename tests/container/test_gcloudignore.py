"""What Cloud Build gets: just what Docker gets, and the Dockerfile; gcloud itself is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hipflask.scaffold import create_project
from tests.container.test_dockerignore import is_sent

PLANTED = (
    *(".env", ".env.production", "app/.env", "app/pages/.env.local", "key.pem", "dump.sql"),
    *(".hipflask/keys.json", "node_modules/x/index.js", "app/__pycache__/notes.pyc"),
    *("tests/secret.txt", "app/.DS_Store"),
)


def test_sends_what_docker_would_get(tmp_path: Path) -> None:
    program = shutil.which("gcloud")
    if program is None:
        pytest.skip("gcloud is not installed: what it would send cannot be asked")
    project = create_project(tmp_path / "shop").folder
    for name in PLANTED:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("must stay here", encoding="utf-8")
    listed = subprocess.run(
        [program, "meta", "list-files-for-upload", str(project)],
        env={**os.environ, "CLOUDSDK_CONFIG": str(tmp_path / "gcloud")},
        capture_output=True,
        text=True,
        check=True,
    )
    sent = {name.replace("\\", "/") for name in listed.stdout.splitlines()}
    files = (path.relative_to(project) for path in project.rglob("*") if path.is_file())
    to_docker = {path.as_posix() for path in files if is_sent(path.as_posix())}
    assert sent == to_docker | {"Dockerfile", ".dockerignore"}
    assert not sent & set(PLANTED)
