"""`hipflask new`: a project of your own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from hipflask.cli.terminal import Terminal


@click.command(short_help="Make a project of your own.")
@click.argument("name")
def new(name: str) -> None:
    """Make a project in a new folder NAME, with pages, sign-in, notes and tests.

    \b
    Example: hipflask new shop
    """
    from hipflask.scaffold import create_project

    terminal = Terminal()
    terminal.line(f"Making the project {Path(name).name}")
    project = create_project(Path(name))
    terminal.line()
    terminal.result(f"Made {project.folder}. Next:")
    terminal.result()
    for line in next_steps(_from_here(project.folder)):
        terminal.result(f"  {line}")


def next_steps(folder: str) -> list[str]:
    """Return the commands that run a new project on this system, in order."""
    python = sys.executable if " " not in sys.executable else "python"
    if sys.platform == "win32":
        return [
            f"cd {folder}",
            f"{python} -m venv .venv",
            r".venv\Scripts\python -m pip install -r requirements-dev.txt",
            r".venv\Scripts\hipflask dev",
        ]
    return [
        f"cd {folder}",
        f"{python} -m venv .venv",
        ".venv/bin/python -m pip install -r requirements-dev.txt",
        ".venv/bin/hipflask dev",
    ]


def _from_here(folder: Path) -> str:
    try:
        shown = os.path.relpath(folder)
    except ValueError:  # another drive on Windows
        shown = str(folder)
    return f'"{shown}"' if " " in shown else shown
