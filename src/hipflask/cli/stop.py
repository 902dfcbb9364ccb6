"""`hipflask stop`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from hipflask.cli import STARTED
from hipflask.cli.terminal import Terminal
from hipflask.errors import StackError
from hipflask.local.project import Project
from hipflask.local.stack_state import StackState, forget


@click.command(short_help="Stop the stack of this project.")
def stop() -> None:
    """Stop the stack of this project, wherever it was started. Nothing is lost.

    \b
    Example: hipflask stop
    """
    terminal = Terminal()
    project = Project.find(Path.cwd())
    state = StackState.running(project.stack_file)
    if state is None:
        _clear_remains(project)
        terminal.line(f"No stack of {project.root} runs.")
        return
    if not state.stop(project.stack_file):
        _kill(state.pid)
        _clear_remains(project)
    terminal.line(f"Stopped in {time.time() - STARTED:.2f} s.")


def _clear_remains(project: Project) -> None:
    """Delete the state of a stack that was killed; PostgreSQL's guard has ended the rest."""
    forget(project.stack_file)


def _kill(pid: int) -> None:
    """End a stack that answered but did not stop. Its guard ends PostgreSQL in good order."""
    # Deferred: 15 ms that only this last resort needs.
    import psutil

    try:
        process = psutil.Process(pid)
        process.kill()
        process.wait(5)
    except psutil.NoSuchProcess:
        return
    except psutil.Error as error:
        raise StackError(
            f"The stack (process {pid}) does not stop: {error}.",
            hint=f"End process {pid} yourself.",
        ) from error
