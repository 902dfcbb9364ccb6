"""What leaves the project's folder for the builder: what is named, and never a secret."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

from hipflask.scaffold import create_project
from tests.container.dockerfile import STARTER, starters_stages

PATTERNS = [
    line
    for line in (STARTER / ".dockerignore").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


def is_sent(path: str) -> bool:
    """Apply the rules as Docker does: of the patterns that match the path or a folder above it,
    the last decides (Docker's reference, ".dockerignore file")."""
    pure = PurePosixPath(path)
    candidates = [str(pure), *(str(parent) for parent in pure.parents if str(parent) != ".")]
    sent = True
    for pattern in PATTERNS:
        keep = pattern.startswith("!")
        if any(_matches(pattern.removeprefix("!"), candidate) for candidate in candidates):
            sent = keep
    return sent


def _matches(pattern: str, path: str) -> bool:
    text = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
    return re.fullmatch(text, path) is not None


@pytest.mark.parametrize(
    "path",
    [
        *(".env", ".env.production", "app/.env", "app/pages/.env.local"),
        *(".git/config", ".hipflask/keys.json", ".hipflask/db/PG_VERSION"),
        *("tests/conftest.py", "node_modules/tailwindcss/index.css", ".venv/bin/python"),
        *("supabase/config.toml", "supabase/.temp/pooler-url", "hipflask.toml"),
        *("app/__pycache__/notes.cpython-312.pyc", "app/notes.pyc", "requirements-dev.txt"),
        *("key.pem", "service-account.json", "dump.sql", "README.md"),
    ],
)
def test_stays_here(path: str) -> None:
    assert not is_sent(path)


@pytest.mark.parametrize(
    "path",
    [
        *("app/__init__.py", "app/templates/base.html", "app/static/css/app.css"),
        *("gunicorn.conf.py", "package.json", "package-lock.json", "tailwind/input.css"),
        *("requirements.txt", "requirements.lock", "constraints.txt"),
        "wheels/hipflask-0.1.0-py3-none-any.whl",
    ],
)
def test_is_sent(path: str) -> None:
    assert is_sent(path)


def test_a_new_project_sends_all_that_the_dockerfile_copies(tmp_path: Path) -> None:
    project = create_project(tmp_path / "shop").folder
    files = [path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()]
    sent = [name for name in files if is_sent(name)]
    for stage in starters_stages():
        for source in stage.copied:
            pattern = re.escape(source).replace(r"\*", "[^/]*")
            assert any(re.match(pattern, name) for name in sent), source
    assert {name.split("/")[0] for name in sent} == {
        *("app", "tailwind", "wheels", "gunicorn.conf.py", "package.json", "package-lock.json"),
        *("requirements.lock", "requirements.txt", "constraints.txt"),
    }
