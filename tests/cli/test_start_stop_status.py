"""`hipflask start`, `stop` and `status`."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import SmallProject, all_gone, run_hipflask


@pytest.fixture
def stack(shared_project: SmallProject) -> Iterator[SmallProject]:
    """A stack in the background."""
    outcome = run_hipflask(shared_project.root, "start")
    assert outcome.code == 0, outcome.err
    assert "Ready in" in outcome.out
    yield shared_project
    run_hipflask(shared_project.root, "stop")


def pid_of(project: SmallProject) -> int:
    return int(json.loads((project.state / "stack.json").read_text())["pid"])


def test_outlives_the_command_and_stops(stack: SmallProject) -> None:
    process = psutil.Process(pid_of(stack))
    family = [process, *process.children(recursive=True)]
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.mailbox}/livez", timeout=10) as answer:
        assert answer.status == 200
    outcome = run_hipflask(stack.root, "stop")
    assert outcome.code == 0
    assert "Stopped" in outcome.err
    assert all_gone(family) == []


def test_status_for_people(stack: SmallProject) -> None:
    outcome = run_hipflask(stack.root, "status")
    assert outcome.code == 0
    assert f"process {pid_of(stack)}" in outcome.out
    assert f"http://127.0.0.1:{stack.api}" in outcome.out
    assert "sb_secret_" not in outcome.out


def test_status_for_programs(stack: SmallProject) -> None:
    as_env = run_hipflask(stack.root, "status", "-o", "env")
    as_json = run_hipflask(stack.root, "status", "-o", "json")
    variables = json.loads(as_json.out)
    assert list(variables) == [
        "SUPABASE_URL",
        "SUPABASE_ANON_KEY",
        "SUPABASE_SERVICE_ROLE_KEY",
        "SUPABASE_PUBLISHABLE_KEY",
        "SUPABASE_SECRET_KEY",
        "JWT_SECRET",
        "DATABASE_URL",
        "MAILBOX_URL",
        "STORAGE_S3_URL",
        "S3_PROTOCOL_ACCESS_KEY_ID",
        "S3_PROTOCOL_ACCESS_KEY_SECRET",
        "S3_PROTOCOL_REGION",
    ]
    assert as_env.out == "".join(f'{name}="{value}"\n' for name, value in variables.items())
    assert as_env.err == ""
    headers = {"apikey": variables["SUPABASE_PUBLISHABLE_KEY"]}
    request = urllib.request.Request(variables["SUPABASE_URL"] + "/auth/v1/health", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


def test_works_from_a_folder_below(stack: SmallProject) -> None:
    assert run_hipflask(stack.root / "app", "status").code == 0


def test_second_start_says_who_runs(stack: SmallProject) -> None:
    outcome = run_hipflask(stack.root, "start")
    assert outcome.code == 1
    assert f"process {pid_of(stack)}" in outcome.err


def test_killed_stack_is_not_taken_for_a_running_one(stack: SmallProject) -> None:
    process = psutil.Process(pid_of(stack))
    family = process.children(recursive=True)
    process.kill()
    process.wait(10)
    assert run_hipflask(stack.root, "status").code == 1
    assert all_gone(family) == []
    outcome = run_hipflask(stack.root, "start")
    assert outcome.code == 0, outcome.err


def test_nothing_runs(project: SmallProject) -> None:
    status = run_hipflask(project.root, "status")
    assert status.code == 1
    assert "hipflask start" in status.err
    assert json.loads(run_hipflask(project.root, "status", "-o", "json").out) == {"running": False}
    stop = run_hipflask(project.root, "stop")
    assert stop.code == 0
    assert "No stack" in stop.err


def test_failed_start_says_why(project: SmallProject) -> None:
    config = project.root / "supabase" / "config.toml"
    config.write_text("[auth]\nsite_url = 3\n", encoding="utf-8")
    outcome = run_hipflask(project.root, "start")
    assert outcome.code == 1
    assert "config.toml, line 2" in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("command", ["dev", "start", "stop", "status"])
def test_outside_a_project_says_what_to_do(tmp_path: Path, command: str) -> None:
    outcome = run_hipflask(tmp_path, command)
    assert outcome.code == 1
    assert "hipflask new" in outcome.err
