"""`hipflask cloud update`: the settings of the file, without a new image."""

from __future__ import annotations

from pathlib import Path

import click

from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.deploying import say_where, typed_options, walk
from hipflask.cli.cloud.options import format_option, options_of, release_options, yes_option
from hipflask.cli.cloud.plan_text import tell_plan
from hipflask.cli.cloud.preparation import prepare
from hipflask.cli.cloud.running import service_of, serving_revision
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.observe.project import list_revisions
from hipflask.cloudrun.plan import plan_update


@click.command(short_help="Bring changed settings to the service; the image stays.")
@click.option("--dry-run", is_flag=True, help="Show the steps only.")
@yes_option
@release_options
@format_option
def update(
    form: str,
    dry_run: bool,
    yes: bool,
    secrets_file: Path | None,
    smoke_paths: tuple[str, ...],
    smoke_timeout: float,
    canary: int,
    no_smoke: bool,
    adopt: bool,
) -> None:
    """Give the running image the settings of hipflask.toml, without an interruption.

    A new revision starts beside the old one, is tried, and then gets the traffic.

    \b
    Example: hipflask cloud update
    """
    terminal = Terminal()
    project = CloudProject.of_here()
    service = service_of(project)
    terminal.line(f"Looking at {service.name} in {project.spec.region}")
    prepared = prepare(
        terminal,
        project,
        secrets_file=secrets_file,
        smoke_paths=smoke_paths,
        smoke_timeout=smoke_timeout,
        migrate=False,
    )
    serving = serving_revision(service, list_revisions(project.spec, project.gcloud))
    options = options_of(canary=canary, no_smoke=no_smoke, adopt=adopt)
    plan = plan_update(project.spec, serving, prepared.observed, options)
    if dry_run:
        tell_plan(terminal, plan, form)
        terminal.line("Nothing was changed.")
        return
    go_on = f"hipflask cloud update{typed_options()}"
    updated = walk(terminal, plan, prepared, form=form, yes=yes, go_on=go_on)
    if updated and form == "pretty":
        terminal.line()
        say_where(terminal, plan, updated)
