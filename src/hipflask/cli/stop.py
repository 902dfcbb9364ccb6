"""`hipflask stop`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from hipflask.cli import STARTED
from hipflask.cli.instances import find_instance, instance_options
from hipflask.cli.terminal import Terminal
from hipflask.errors import StackError
from hipflask.local.stack_state import StackState, forget


@click.command(short_help="Stop the stack of this project.")
@instance_options
@click.option("--all", "every", is_flag=True, help="Stop every stack of this folder.")
def stop(config: Path | None, port_offset: int, every: bool) -> None:
    """Stop the stack of this project, wherever it was started. Nothing is lost.

    \b
    Example: hipflask stop
             hipflask stop --all
    """
    if every and (config is not None or port_offset):
        raise click.UsageError("--all stops every stack; it goes without --config.")
    terminal = Terminal()
    project = find_instance(config, port_offset)
    files = project.every_stack_file() if every else [project.stack_file]
    stopped = sum([_stop(file) for file in files])
    if not stopped:
        terminal.line(f"No stack of {project.name} runs.")
        return
    which = f"{stopped} stacks " if stopped > 1 else ""
    terminal.line(f"Stopped {which}in {time.time() - STARTED:.2f} s.")


def _stop(stack_file: Path) -> bool:
    """Stop one stack; return whether it ran."""
    state = StackState.running(stack_file)
    if state is not None and state.stop(stack_file):
        return True
    if state is not None:
        _kill(state.pid)
    # What is left of a stack that was killed; PostgreSQL's guard has ended the rest.
    forget(stack_file)
    return state is not None


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
