"""`hipflask status`: what runs here, and how programs reach it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hipflask.cli.instances import find_instance, instance_arguments, instance_options
from hipflask.cli.terminal import Terminal
from hipflask.local.stack_state import Addresses, StackState

if TYPE_CHECKING:
    from hipflask.local.keys import ProjectKeys
    from hipflask.local.project import Project

NOT_RUNNING = 1


@click.command(short_help="Say what runs, with addresses and keys.")
@click.option(
    "-o",
    "--output",
    "--format",
    "form",
    type=click.Choice(["pretty", "env", "json"]),
    default="pretty",
    show_default=True,
    help="For people, for `.env` files, for programs.",
)
@instance_options
def status(form: str, config: Path | None, port_offset: int) -> None:
    """Say what runs in this project. Exits with 1 when nothing does.

    \b
    Example: hipflask status -o env > .env
    """
    terminal = Terminal()
    project = find_instance(config, port_offset)
    which = instance_arguments(project)
    state = StackState.running(project.stack_file)
    if state is None:
        if form == "json":
            terminal.json({"running": False})
        terminal.line(f"No stack of {project.name} runs.")
        terminal.line(
            f"Start it: hipflask dev{which} (with the application), or hipflask start{which}."
        )
        sys.exit(NOT_RUNNING)
    if form == "pretty":
        terminal.result(
            f"The stack of {project.name} runs (process {state.pid},"
            f" since {state.started.astimezone():%Y-%m-%d %H:%M})."
        )
        terminal.result()
        terminal.table(address_rows(state.addresses))
        terminal.result()
        terminal.line(f"Keys: hipflask status{which} -o env. Stop it: hipflask stop{which}")
        return
    variables = _variables(project, state)
    if form == "env":
        for name, value in variables.items():
            terminal.result(f'{name}="{value}"')
    else:
        terminal.json(variables)


def address_rows(addresses: Addresses) -> list[tuple[str, str]]:
    """Return the table of addresses."""
    mailbox = f"{addresses.mailbox}  (SMTP {addresses.smtp})" if addresses.mailbox else ""
    rows = [
        ("App", addresses.app),
        ("Supabase API", addresses.api),
        ("PostgreSQL", addresses.database),
        ("Mailbox", mailbox),
        ("Identity provider", addresses.identity),
    ]
    return [(name, value) for name, value in rows if value]


def _variables(project: Project, state: StackState) -> dict[str, str]:
    from hipflask.cli.app_environment import stack_variables
    from hipflask.local.config import ProjectConfig
    from hipflask.local.config.dotenv import project_environ
    from hipflask.local.keys import ProjectKeys
    from hipflask.protocol.clock import SystemClock

    environ = project_environ(project.root, os.environ)
    config = ProjectConfig.of(project, environ)
    keys: ProjectKeys = ProjectKeys.load_or_create(project, config, SystemClock())
    return stack_variables(state.addresses, keys, config)
