"""The group of commands, and what happens to an error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hipflask.cli import command_line as cli
from hipflask.cli.command_line import COMMANDS
from tests.cli.conftest import make_project, run_hipflask


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.run(list(arguments))
    return int(caught.value.code or 0)


def test_help_fits_a_screen_and_begins_with_an_example(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run("--help") == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) < 30
    assert shown.index("hipflask new shop") < shown.index("Commands")
    for name in COMMANDS:
        assert f"  {name} " in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(name, "--help") == 0
    shown = capsys.readouterr().out
    assert f"hipflask {name}" in shown.split("Options")[0]
    assert len(shown.splitlines()) < 45


def test_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("stauts") == 2
    assert "`hipflask status`" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "-1", "70000", "abc"])
def test_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("dev", "--port", port) == 2
    assert port in capsys.readouterr().err


def test_usage_says_what_was_typed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIPFLASK_COMMAND", "python3 run.py")
    assert run("stauts") == 2
    said = capsys.readouterr().err
    assert "Usage: python3 run.py" in said
    assert "`python3 run.py status`" in said


def test_help_imports_neither_flask_nor_psycopg() -> None:
    code = (
        "import sys\n"
        "from hipflask.cli.command_line import run\n"
        "try: run(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'flask', 'psycopg', 'asyncio', 'cryptography'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_unforeseen_error_is_a_sentence_and_a_log(tmp_path: Path) -> None:
    project = make_project(tmp_path / "small")
    # A folder where a file belongs is something that nobody foresaw.
    (project.state / "stack.lock").mkdir(parents=True)
    outcome = run_hipflask(project.root, "dev", "--port", str(project.app))
    assert outcome.code == 1
    assert "Traceback" not in outcome.err
    log = project.state / "logs" / "errors.log"
    assert str(log) in outcome.err
    assert "Traceback" in log.read_text(encoding="utf-8")
    debugged = run_hipflask(project.root, "dev", "--port", str(project.app), "--debug")
    assert "Traceback" in debugged.err
