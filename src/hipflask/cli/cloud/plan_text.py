"""A plan on the terminal: each step, and the exact commands of those to do."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import Any

from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.command import Command
from hipflask.cloudrun.cost.amounts import dollars
from hipflask.cloudrun.cost.bill import estimate
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.worst_case import worst_case
from hipflask.cloudrun.release import address_of
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.step import Plan, Step, StepName

_WIDTH = 92
_OWN = {
    StepName.MIGRATIONS: "hipflask db up, under a lock, on the address in DATABASE_URL",
    StepName.SMOKE: "asks its pages at that address, where no visitor comes",
    StepName.VERIFY: "reads traffic and permissions, asks the same pages at the service's address",
}


def show_plan(terminal: Terminal, plan: Plan) -> None:
    """Write the steps in order; what is in place has no commands."""
    for number, step in enumerate(plan.steps, 1):
        state = terminal.styled("in place", "dim") if step.in_place else ""
        terminal.result(f"{number:>3}. {step.title}{f'  ({state})' if state else ''}")
        if step.in_place:
            continue
        if step.note:
            terminal.result(f"     {terminal.styled(step.note, 'dim')}")
        for line in lines_of(step):
            terminal.result(f"       {line}")
    spec = plan.release.spec
    address = address_of(spec, plan.release.project_number)
    terminal.result()
    rows = [("Address", address)] if address else []
    terminal.table([*rows, ("At most", _worst_case(spec))])


def lines_of(step: Step) -> list[str]:
    """Return what a step does, in lines."""
    if step.commands:
        return [line for command in step.commands for line in broken(command)]
    return [_OWN[step.name]] if step.name in _OWN else []


def broken(command: Command) -> list[str]:
    """Return a long command in lines that a POSIX shell reads as one; Windows gets it whole."""
    whole = typed(command)
    if len(whole) <= _WIDTH or sys.platform == "win32":
        return [whole]
    lines = [""]
    for word in map(shlex.quote, command.shown):
        if lines[-1].strip() and len(lines[-1]) + len(word) > _WIDTH:
            lines[-1] += " \\"
            lines.append(" ")
        lines[-1] += f" {word}" if lines[-1] else word
    lines[-1] += command.remark
    return lines


def typed(command: Command) -> str:
    """Return a command as one types it on this system."""
    if sys.platform == "win32":
        return subprocess.list2cmdline(command.shown) + command.remark
    return command.text


def _worst_case(spec: ServiceSpec) -> str:
    """Return what the instances cost when all of them work all the time."""
    worst = worst_case(estimate(spec, TrafficProfile()))
    instances = "1 instance" if worst.instances == 1 else f"{worst.instances} instances"
    cost = dollars(worst.for_instances)
    return f"{cost} a month for {instances} busy day and night (hipflask cloud cost says more)"


def tell_plan(terminal: Terminal, plan: Plan, form: str) -> None:
    """Write the plan for people or for programs."""
    if form == "json":
        terminal.json(plan_json(plan))
    else:
        show_plan(terminal, plan)


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the plan for machines."""
    return {
        "service": plan.release.spec.name,
        "region": plan.release.spec.region,
        "project": plan.release.spec.project,
        "image": plan.release.image,
        "revision": plan.release.revision,
        "url": address_of(plan.release.spec, plan.release.project_number),
        "canary": plan.canary,
        "steps": [step.to_json() for step in plan.steps],
    }
