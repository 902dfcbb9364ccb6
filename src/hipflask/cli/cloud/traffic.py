"""`hipflask cloud traffic`: who gets how much of the traffic; look at it, or change it."""

from __future__ import annotations

import re

import click

from hipflask.cli.cloud.asking import confirm
from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.deploying import shares
from hipflask.cli.cloud.options import format_option, yes_option
from hipflask.cli.cloud.plan_text import typed
from hipflask.cli.cloud.running import service_of
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.observe.project import find_service, list_revisions
from hipflask.cloudrun.plan.revision import traffic_command
from hipflask.cloudrun.release import CANDIDATE
from hipflask.cloudrun.service import Service
from hipflask.errors import DeployError


@click.command(short_help="Show or change who gets the traffic.")
@click.argument("parts", nargs=-1, metavar="[PERCENT | REVISION=PERCENT …]")
@yes_option
@format_option
def traffic(form: str, yes: bool, parts: tuple[str, ...]) -> None:
    """Show the traffic; with a number, give the newest deployed revision so many percent.

    \b
    Examples: hipflask cloud traffic
              hipflask cloud traffic 50
              hipflask cloud traffic shop-00007-abc1234=100
    """
    terminal = Terminal()
    project = CloudProject.of_here()
    service = service_of(project)
    if parts:
        wanted = read_shares(parts, service)
        require_revisions(project, wanted)
        service = set_traffic(terminal, project, service, wanted, previous=service.serving, yes=yes)
    if form == "json":
        terminal.json({"url": service.url, "traffic": service.traffic})
        return
    for name, percent in service.traffic.items():
        terminal.result(f"  {percent:>3} %  {name}")


def read_shares(parts: tuple[str, ...], service: Service) -> dict[str, int]:
    """Return revision -> percent. Raises DeployError for what is none."""
    candidate = service.tagged(CANDIDATE)
    wanted: dict[str, int] = {}
    for part in parts:
        name, equals, number = part.rpartition("=")
        if not equals:
            if candidate is None:
                raise DeployError(
                    f"No revision has the tag {CANDIDATE}, so {part!r} is for none.",
                    hint="Name it: hipflask cloud traffic REVISION=PERCENT",
                )
            name = candidate.revision
        percent = number.removesuffix("%")
        if not name or not re.fullmatch(r"[0-9]{1,3}", percent) or int(percent) > 100:
            raise DeployError(
                f"{part!r} is no share of the traffic.",
                hint="Write a percentage from 0 to 100, or REVISION=PERCENT.",
            )
        if name in wanted:
            raise DeployError(f"{name} has two shares.", hint="Say each revision once, not twice.")
        wanted[name] = int(percent)
    total = sum(wanted.values())
    if total > 100:
        raise DeployError(f"The shares sum to {total} %.", hint="They must be 100 % at most.")
    return wanted


def set_traffic(
    terminal: Terminal,
    project: CloudProject,
    service: Service,
    wanted: dict[str, int],
    *,
    previous: str,
    yes: bool,
) -> Service:
    """Change the traffic after asking, and return the service as it is then.

    ``previous`` becomes the revision that a rollback goes to; empty leaves it.
    """
    command = traffic_command(project.spec, wanted, previous=previous)
    terminal.line(f"Now: {shares(service)}")
    terminal.line(f"$ {typed(command)}")
    if not yes:
        confirm("Change the traffic?")
    project.gcloud.run(command, on_line=lambda line: terminal.line(f"  {line}") if line else None)
    changed = find_service(project.spec, project.gcloud)
    for name, percent in wanted.items():
        found = changed.traffic.get(name, 0) if changed else 0
        if found != percent:
            raise DeployError(
                f"{name} has {found} % of the traffic instead of {percent} %.",
                hint="Look at it: hipflask cloud describe",
            )
    assert changed is not None
    return changed


def require_revisions(project: CloudProject, wanted: dict[str, int]) -> None:
    """Raise DeployError for a revision that is not there or cannot take visitors."""
    known = {each.name: each for each in list_revisions(project.spec, project.gcloud)}
    for name in wanted:
        if name not in known:
            raise DeployError(
                f"There is no revision {name}.",
                hint=f"There are {', '.join(list(known)[:5]) or 'none'}.",
            )
        if known[name].ready is False and wanted[name]:
            raise DeployError(
                f"The revision {name} is not ready: {known[name].why_not_ready}",
                hint="Why is in its log: hipflask cloud logs",
            )
