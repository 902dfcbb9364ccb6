"""A plan on the terminal, and commands that one can type."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest

from hipflask.cli.cloud.plan_text import broken, lines_of, plan_json, show_plan, typed
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.command import Command
from hipflask.cloudrun.plan import Options, plan_deploy
from hipflask.cloudrun.release import SourceVersion
from hipflask.cloudrun.step import Plan, Step, StepName
from tests.cloudrun.running import URL, in_place
from tests.cloudrun.specs import GOOD

ON_POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the lines are for a POSIX shell")
ECHO = (sys.executable, "-c", "import json, sys; print(json.dumps(sys.argv[1:]))")


def plan() -> Plan:
    source = SourceVersion("abc1234def56", is_dirty=True)
    return plan_deploy(GOOD, source, in_place(pending=("1_a",)), Options())


@ON_POSIX
@pytest.mark.parametrize(
    "words",
    [
        ("short",),
        tuple(f"--flag-number-{number}=value" for number in range(20)),
        ("x" * 200, "y", "z" * 200),
        ("it's " * 30, "two\nlines " * 20, "$HOME `id` \\ !", "", "书" * 60),
    ],
)
def test_lines_are_one_command_for_a_shell(words: tuple[str, ...]) -> None:
    lines = broken(Command((*ECHO, *words), stdin_of="SECRET"))
    done = subprocess.run(["sh", "-c", "\n".join(lines)], capture_output=True, check=True)
    assert json.loads(done.stdout) == list(words)
    assert lines[-1].endswith("# the value of SECRET on standard input")


@ON_POSIX
def test_lines_are_as_short_as_their_words_allow() -> None:
    lines = broken(Command(("gcloud", *(f"--flag-{number}=value" for number in range(40)))))
    assert max(map(len, lines)) <= 95
    assert all(line.endswith(" \\") for line in lines[:-1])


def test_command_of_windows_is_quoted_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    command = Command(("gcloud", "x", '--title=say "hi"', "--folder=C:\\a b\\"))
    line = r'gcloud x "--title=say \"hi\"" "--folder=C:\a b\\"'
    assert (typed(command), broken(command)) == (line, [line])


def test_plan_shows_what_is_to_do_and_what_is_there() -> None:
    out = io.StringIO()
    show_plan(Terminal(out, out, {}), plan())
    said = out.getvalue()
    assert "  1. Google's APIs are on  (in place)\n  2. " in said
    assert "docker build --platform=linux/amd64" in said
    assert "the files differ from the commit" in said
    assert "hipflask db up: 1_a" in said
    assert URL in said


def test_step_that_hipflask_takes_itself_says_what_it_is() -> None:
    assert len(lines_of(Step(StepName.SMOKE, "Try it"))) == 1
    assert lines_of(Step(StepName.TRAFFIC, "Nothing")) == []


def test_plan_for_machines_is_complete() -> None:
    given = plan()
    found = json.loads(json.dumps(plan_json(given)))
    assert found["url"] == URL
    assert found["revision"] == given.release.revision
    assert [step["step"] for step in found["steps"]] == [step.name.value for step in given]
