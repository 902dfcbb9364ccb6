"""`hipflask cloud plan`: what a deploy would do, and nothing of it done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.options import builder_options, format_option, options_of, release_options
from hipflask.cli.cloud.plan_text import tell_plan
from hipflask.cli.cloud.preparation import Prepared, prepare
from hipflask.cli.cloud.wheels import wheel_sources
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.plan import Options, plan_deploy
from hipflask.cloudrun.source_files import source_version
from hipflask.cloudrun.step import Plan


@click.command(short_help="Show what a deploy would do.")
@builder_options
@release_options
@click.option("--no-migrations", is_flag=True, help="Leave the database alone.")
@format_option
def plan(form: str, **given: Any) -> None:
    """Show the steps of a deploy as gcloud commands, and what is in place already.

    \b
    Example: hipflask cloud plan
    """
    terminal = Terminal()
    project = CloudProject.of_here()
    made, _ = make_plan(terminal, project, given)
    tell_plan(terminal, made, form)
    terminal.line("Nothing was changed. Do it: hipflask cloud deploy")


def make_plan(
    terminal: Terminal, project: CloudProject, given: dict[str, Any]
) -> tuple[Plan, Prepared]:
    """Return the plan of a deploy with the given options, and what it starts from."""
    secrets_file: Path | None = given.pop("secrets_file")
    smoke_paths: tuple[str, ...] = given.pop("smoke_paths")
    smoke_timeout: float = given.pop("smoke_timeout")
    options: Options = options_of(**given)
    project.require_names()
    terminal.line(f"Looking at {project.spec.name} in {project.spec.region}")
    source = source_version(project.root, project.programs, wheel_sources(project.root))
    if source.is_dirty:
        terminal.warning("The files differ from the last commit; the image's tag says so.")
    prepared = prepare(
        terminal,
        project,
        tag=source.tag,
        secrets_file=secrets_file,
        smoke_paths=smoke_paths,
        smoke_timeout=smoke_timeout,
        migrate=options.migrate,
    )
    return plan_deploy(project.spec, source, prepared.observed, options), prepared
