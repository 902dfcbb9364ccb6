"""`hipflask cloud rollback`: the traffic goes back to the revision before."""

from __future__ import annotations

import json

import click

from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.options import format_option, yes_option
from hipflask.cli.cloud.running import service_of
from hipflask.cli.cloud.traffic import read_shares, require_revisions, set_traffic
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.release import PREVIOUS
from hipflask.errors import DeployError


@click.command(short_help="Give the traffic back to the revision before.")
@click.option("--to", "revision", metavar="REVISION", help="Another one than the one before.")
@yes_option
@format_option
def rollback(form: str, yes: bool, revision: str | None) -> None:
    """Give all traffic to the revision that had it before. The database stays as it is.

    \b
    Example: hipflask cloud rollback
    """
    terminal = Terminal()
    project = CloudProject.of_here()
    service = service_of(project)
    target = service.tagged(PREVIOUS)
    name = revision or (target.revision if target else "")
    if not name:
        raise DeployError(
            "No revision is marked as the one before.",
            hint="Choose one: hipflask cloud describe shows them, then"
            " hipflask cloud rollback --to REVISION",
        )
    if service.traffic == {name: 100}:
        raise DeployError(
            f"{name} has all traffic already.",
            hint="Choose another one: hipflask cloud rollback --to REVISION",
        )
    wanted = read_shares((f"{name}=100",), service)
    require_revisions(project, wanted)
    terminal.line("Migrations are not taken back: the old code meets the new schema.")
    # What is left is not remembered: a second rollback must not bring it back.
    service = set_traffic(terminal, project, service, wanted, previous="", yes=yes)
    if form == "json":
        terminal.result(json.dumps({"url": service.url, "traffic": service.traffic}, indent=2))
        return
    terminal.result(f"All traffic goes to {name}: {service.url}")
    terminal.line("Forward again: hipflask cloud deploy, or hipflask cloud traffic 100")
