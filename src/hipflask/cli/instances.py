"""`--config` and `--port-offset`: which of several stacks of one folder a command is about."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from hipflask.errors import ConfigError
from hipflask.local.project import Project

Command = TypeVar("Command", bound=Callable[..., object])

HIGHEST_OFFSET = 65_534


def instance_options(command: Command) -> Command:
    """Give a command the two options."""
    command = click.option(
        "--port-offset",
        type=click.IntRange(0, HIGHEST_OFFSET),
        default=0,
        help="Add this to every port.",
    )(command)
    return click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Settings instead of supabase/config.toml.",
    )(command)


def find_instance(config: Path | None, port_offset: int) -> Project:
    """Return the instance of the project that holds this folder. Raises ``ConfigError``.

    A folder whose `supabase/` has only other settings files is a project for those.
    """
    try:
        project = Project.find(Path.cwd())
    except ConfigError:
        if config is None or config.resolve().parent.name != "supabase" or not config.is_file():
            raise
        project = Project(config.resolve().parent.parent)
    return project.beside(config, port_offset)


def instance_arguments(project: Project) -> str:
    """Return the options that name the instance, to be typed after `hipflask stop`."""
    words = []
    if project.other_config is not None:
        words += ["--config", _from_here(project.other_config)]
    if project.port_offset:
        words += ["--port-offset", str(project.port_offset)]
    if not words:
        return ""
    # Deferred: the usual stack needs no words.
    import shlex
    import subprocess

    quoted = subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)
    return f" {quoted}"


def _from_here(path: Path) -> str:
    try:
        near = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if Path(near).parts[:2] == ("..", "..") else near
