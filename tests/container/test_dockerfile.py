"""The Dockerfile: what every builder understands, and what the image promises."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.container.dockerfile import STARTER, stages, starters_stages

TEXT = (STARTER / "Dockerfile").read_text(encoding="utf-8")


def hadolint() -> str:
    """Return the linter beside this Python, or skip with a sentence."""
    found = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which(
        "hadolint"
    )
    if found is None:
        pytest.skip("hadolint is not installed (requirements/dev.txt has it; none for Windows)")
    return found


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run(
        [hadolint(), "--no-color", str(STARTER / "Dockerfile")], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_hadolint_would_find_a_fault(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        TEXT.replace('["gunicorn", ', "gunicorn ").replace(")", "")
    )
    done = subprocess.run(
        [hadolint(), "--no-color", str(tmp_path / "Dockerfile")], capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "DL3025" in done.stdout  # CMD in the form with a shell


@pytest.mark.parametrize(
    ("pattern", "who"),
    [
        (r"(?m)^#\s*syntax\s*=", "Docker without a network"),
        (r"(?m)^(RUN|COPY).*<<", "buildah 1.28"),
        (r"--link\b", "buildah"),
        (r"--mount\b", "Docker's builder before BuildKit"),
    ],
)
def test_no_builder_is_shut_out(pattern: str, who: str) -> None:
    assert not re.search(pattern, TEXT), who


def test_three_stages() -> None:
    bases = [stage.base for stage in starters_stages()]
    assert bases == ["${NODE_IMAGE} AS css", "${PYTHON_IMAGE} AS packages", "${PYTHON_IMAGE}"]
    assert "ARG PYTHON_IMAGE=python:3.12-slim\n" in TEXT


def test_gunicorn_is_process_1_and_nobody_is_root() -> None:
    runtime = starters_stages()[-1]
    assert runtime.command == ["gunicorn", "app:create_app()"]
    assert not runtime.values("ENTRYPOINT")
    assert min(runtime.user) > 0


def test_packages_come_by_hash_and_hipflask_from_its_wheel() -> None:
    _, packages, runtime = starters_stages()
    by_hash, by_wheel = (run for run in packages.values("RUN"))
    assert "--require-hashes -r requirements.lock" in by_hash
    assert "--no-index --find-links wheels -r requirements.txt" in by_wheel
    assert not any("pip " in run for run in runtime.values("RUN"))


def test_bytecode_of_all_of_it_is_compiled() -> None:
    _, packages, runtime = starters_stages()
    assert "compileall -qf --invalidation-mode unchecked-hash /venv" in packages.values("RUN")[-1]
    stdlib, application = runtime.values("RUN")
    assert 'sysconfig.get_path("stdlib")' in stdlib
    assert application.endswith("unchecked-hash .")


def test_what_runs_has_no_arguments_and_no_secrets() -> None:
    runtime = starters_stages()[-1]
    # An ARG would stay in the image's history, an ENV in its configuration.
    assert not runtime.values("ARG")
    assert set(runtime.environment) == {
        *("PATH", "HOME", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "MALLOC_ARENA_MAX")
    }


def test_nothing_of_development_is_copied() -> None:
    assert starters_stages()[-1].copied == ["gunicorn.conf.py", "app/"]


def test_reader_joins_lines_and_leaves_out_comments() -> None:
    (stage,) = stages('ARG A=1\nFROM x\n# no\nRUN a \\\n    # no\n    && b\nCMD ["c", "d"]\n')
    assert stage.values("RUN") == ["a && b"]
    assert stage.command == ["c", "d"]
