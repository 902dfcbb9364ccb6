"""Walks a plan on the terminal: progress, Ctrl-C, the error that says how to go on."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from hipflask.cli.cloud.asking import confirm
from hipflask.cli.cloud.interruption import between_steps
from hipflask.cli.cloud.plan_text import lines_of, show_plan
from hipflask.cli.cloud.preparation import Prepared
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.deploy import Deployment, to_json
from hipflask.cloudrun.release import CANDIDATE, PREVIOUS
from hipflask.cloudrun.service import Service
from hipflask.cloudrun.step import Plan, Step, StepName
from hipflask.errors import StepFailed
from hipflask.local.project import Project

# Steps whose programs work for a while, and say how they get on.
_TALKATIVE = {StepName.BUILD, StepName.PUSH, StepName.REVISION, StepName.SMOKE, StepName.VERIFY}


class StepLines:
    """Writes a line for each finished step, and what its program says where that takes long.

    Everything that was run and said goes to a file, for a look after a failure.
    """

    def __init__(self, terminal: Terminal, log: Path, steps: Sequence[Step]) -> None:
        self._terminal = terminal
        self._log = log
        self._width = max((len(step.title) for step in steps), default=0) + 2
        self._step: Step | None = None
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("", encoding="utf-8")

    def begins(self, step: Step) -> None:
        """Say what is being done now."""
        self._step = step
        self._keep(f"# {step.name.value}: {step.title}")
        for line in lines_of(step):
            self._keep(f"$ {line}")
        self._terminal.doing(step.title)

    def says(self, line: str) -> None:
        """Pass on what a program says."""
        text = line.rstrip()
        if not text:
            return
        self._keep(text)
        if self._step and self._step.name in _TALKATIVE:
            self._terminal.line(f"    {self._terminal.styled(text, 'dim', sys.stderr)}")
            self._terminal.doing(self._step.title)

    def ends(self, step: Step, seconds: float) -> None:
        """Leave one line of the step."""
        if step.in_place:
            self._terminal.step(step.title, "in place", width=self._width)
        else:
            self._terminal.step(step.title, seconds=seconds, width=self._width)

    def _keep(self, line: str) -> None:
        with self._log.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(f"{line}\n")


def walk(
    terminal: Terminal, plan: Plan, prepared: Prepared, *, form: str, yes: bool, go_on: str
) -> Service | None:
    """Take the steps of a plan, after asking. Returns ``None`` where nothing was to do.

    Exits through StepFailed where one fails; its JSON goes to standard output before.
    """
    if not plan.changes:
        terminal.line("Everything is in place already.")
    elif not yes:
        # Standard output belongs to the answer where a program reads it.
        show_plan(Terminal(sys.stderr) if form == "json" else terminal, plan)
        confirm(f"Take {_count(len(plan.changes))}?")
    log = Project(prepared.project.root).logs / "deploy.log"
    stopping = "Stopping after this step; Ctrl-C again stops now."
    with between_steps(lambda: terminal.line(stopping)) as is_stopped:
        deployment = Deployment(
            plan=plan,
            runner=prepared.project.runner,
            values=prepared.values,
            migrate=prepared.migrate,
            test=prepared.test,
            progress=StepLines(terminal, log, plan.steps),
            go_on=go_on,
            is_stopped=is_stopped,
        )
        try:
            service = deployment.run()
        except StepFailed as error:
            if form == "json":
                terminal.result(json.dumps(to_json(deployment, error), indent=2))
            error.hint += f"\nAll that was run and said: {shown(log)}"
            raise
    if form == "json":
        terminal.result(json.dumps(to_json(deployment), indent=2))
    return service


def say_where(terminal: Terminal, plan: Plan, service: Service) -> None:
    """Write the addresses, and what one may want to do next."""
    rows = [("Address", service.url)]
    candidate = service.tagged(CANDIDATE)
    if candidate:
        rows.append(("Revision", candidate.revision))
        rows.append(("Its own address", candidate.url))
    rows.append(("Traffic", shares(service)))
    terminal.table(rows)
    if plan.canary < 100:
        terminal.line("All visitors: hipflask cloud traffic 100. Back: hipflask cloud rollback")
    elif service.tagged(PREVIOUS):
        terminal.line("Back to the revision before: hipflask cloud rollback")
    else:
        terminal.line("Look at it: hipflask cloud describe. Its log: hipflask cloud logs")


def shares(service: Service) -> str:
    """Return who has how much of the traffic."""
    return ", ".join(f"{percent} % {name}" for name, percent in service.traffic.items()) or "none"


def typed_options() -> str:
    """Return the options of this call, to be typed again."""
    import shlex

    words = sys.argv[1:]
    rest = words[words.index("cloud") + 2 :] if "cloud" in words else []
    return "".join(f" {shlex.quote(word)}" for word in rest if word not in ("--debug",))


def shown(path: Path) -> str:
    """Return a path as people read it: from here, where it is below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _count(number: int) -> str:
    return "this step" if number == 1 else f"these {number} steps"
