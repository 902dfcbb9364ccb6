"""`hipflask cloud deploy`: brings the project to Cloud Run, and goes on after any failure."""

from __future__ import annotations

from typing import Any

import click

from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.deploying import say_where, typed_options, walk
from hipflask.cli.cloud.options import (
    builder_options,
    format_option,
    release_options,
    yes_option,
)
from hipflask.cli.cloud.plan import make_plan
from hipflask.cli.cloud.plan_text import tell_plan
from hipflask.cli.cloud.wheels import provide_wheel
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.step import StepName


@click.command(short_help="Bring the project to Cloud Run.")
@click.option("--dry-run", is_flag=True, help="Show the steps only, as `plan` does.")
@yes_option
@builder_options
@release_options
@click.option("--no-migrations", is_flag=True, help="Leave the database alone.")
@format_option
def deploy(form: str, dry_run: bool, yes: bool, **given: Any) -> None:
    """Build, push, migrate, start a revision without visitors, try it, give it the traffic.

    What is in place is not done again: after a failure run the same command.

    \b
    Examples: hipflask cloud deploy
              hipflask cloud deploy --builder cloudbuild --canary 10
    """
    terminal = Terminal()
    project = CloudProject.of_here()
    plan, prepared = make_plan(terminal, project, given)
    if dry_run:
        tell_plan(terminal, plan, form)
        terminal.line("Nothing was changed.")
        return
    build = plan.step(StepName.BUILD)
    if build and not build.in_place:
        provide_wheel(terminal, project.root)
    go_on = f"hipflask cloud deploy{typed_options()}"
    service = walk(terminal, plan, prepared, form=form, yes=yes, go_on=go_on)
    if service and form == "pretty":
        terminal.line()
        say_where(terminal, plan, service)
