"""`hipflask cloud`: the group; each command has its module and is imported when it is called."""

from __future__ import annotations

from typing import Final

import click

from hipflask.cli.cloud.interruption import like_ctrl_c
from hipflask.cli.lazy_group import LazyGroup

# name: (module, attribute, what it does).
COMMANDS: Final = {
    "doctor": ("hipflask.cli.cloud.doctor", "doctor", "Compare code, Supabase and Cloud Run."),
    "plan": ("hipflask.cli.cloud.plan", "plan", "Show what a deploy would do."),
    "deploy": ("hipflask.cli.cloud.deploy", "deploy", "Bring the project to Cloud Run."),
    "build": ("hipflask.cli.cloud.build", "build", "Build the image, tagged with the commit."),
    "describe": ("hipflask.cli.cloud.describe", "describe", "Say what runs, and where it drifts."),
    "update": ("hipflask.cli.cloud.update", "update", "Bring changed settings; the image stays."),
    "logs": ("hipflask.cli.cloud.logs", "logs", "Show the service's log; follow it."),
    "traffic": ("hipflask.cli.cloud.traffic", "traffic", "Show or change who gets the traffic."),
    "rollback": ("hipflask.cli.cloud.rollback", "rollback", "Back to the revision before."),
    "delete": ("hipflask.cli.cloud.delete", "delete", "Delete the service."),
    "cost": ("hipflask.cli.cloud.cost", "cost", "Say what a month costs, and which limit comes."),
    "simulate": ("hipflask.cli.cloud.simulate", "simulate", "Play traffic against the service."),
}

HELP = """Cloud Run: plan, deploy, operate, and what it costs. Settings are in hipflask.toml.

\b
    hipflask cloud doctor    what is missing or wrong, and what helps
    hipflask cloud cost      what a month costs, before anything is sent
    hipflask cloud plan      what a deploy would do, as gcloud commands
    hipflask cloud deploy    do it; run it again after any failure
"""


@click.group(cls=LazyGroup, table=COMMANDS, help=HELP, short_help="Cloud Run.")
@click.pass_context
def cloud(context: click.Context) -> None:
    """Hold the commands above."""
    context.with_resource(like_ctrl_c())
