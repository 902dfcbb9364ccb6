"""Commands of a plan, each run by its program."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hipflask.cloudrun.command import Command
from hipflask.cloudrun.gcloud import Gcloud
from hipflask.cloudrun.programs import RealPrograms
from hipflask.cloudrun.run_command import CommandRunner
from hipflask.errors import CommandFailed, ToolMissing


@pytest.fixture
def runner(tmp_path: Path) -> CommandRunner:
    programs = RealPrograms()
    environ = {**os.environ, "MARK": "here"}
    return CommandRunner(programs, Gcloud(programs, {"PATH": ""}), tmp_path, environ)


def python(code: str) -> Command:
    return Command((sys.executable, "-c", code))


def test_runs_in_the_folder_with_the_environment(runner: CommandRunner) -> None:
    done = runner.run(python("import os; print(os.getcwd(), os.environ['MARK'])"))
    folder, mark = done.stdout.split()
    assert Path(folder).samefile(runner.folder)
    assert mark == "here"


def test_gives_the_secret_on_standard_input(runner: CommandRunner) -> None:
    done = runner.run(python("import sys; print(len(sys.stdin.read()))"), stdin="secret")
    assert done.stdout.strip() == "6"


def test_failure_is_in_the_program_s_words(runner: CommandRunner) -> None:
    code = "import sys; print('denied: no', file=sys.stderr); sys.exit(4)"
    with pytest.raises(CommandFailed, match="denied: no") as caught:
        runner.run(python(code))
    assert caught.value.exit_code == 4
    assert "artifactregistry.writer" in caught.value.hint


def test_missing_builder_names_another_one(runner: CommandRunner) -> None:
    with pytest.raises(ToolMissing, match="no-such-docker") as caught:
        runner.run(Command(("no-such-docker", "build", ".")))
    assert "cloudbuild" in caught.value.hint


def test_missing_gcloud_says_where_it_is(runner: CommandRunner) -> None:
    with pytest.raises(ToolMissing, match="gcloud"):
        runner.run(Command(("gcloud", "version")))
