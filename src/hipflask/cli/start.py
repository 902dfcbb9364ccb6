"""`hipflask start`: the stack in a process of its own, which outlives the command."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click

from hipflask.cli import STARTED
from hipflask.cli.instances import find_instance, instance_arguments, instance_options
from hipflask.cli.status import address_rows
from hipflask.cli.terminal import Terminal
from hipflask.errors import AlreadyRunning, StackError
from hipflask.local.stack_state import StackState


@click.command(short_help="Run the stack in the background.")
@instance_options
def start(config: Path | None, port_offset: int) -> None:
    """Run the stack of this project in the background, until `hipflask stop`.

    \b
    Example: hipflask start && flask --app app run
             hipflask start --config supabase/strict.toml --port-offset 100
    """
    terminal = Terminal()
    project = find_instance(config, port_offset)
    if (running := StackState.running(project.stack_file)) is not None:
        raise AlreadyRunning(running.pid, project.root, instance_arguments(project))
    project.create_state()
    terminal.line(f"Starting the stack of {project.name}")
    log = project.logs / "stack.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "hipflask.cli.stack_process", str(project.root)),
                *(str(project.other_config or ""), str(project.port_offset)),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=project.root,
            **_detached(),
        )
    result = _await_report(process, log)
    for warning in result.get("warnings", ()):
        terminal.warning(warning)
    for name, note, seconds in result.get("steps", ()):
        terminal.step(name, note, seconds)
    state = StackState.running(project.stack_file)
    if state is None:
        raise StackError("The stack stopped again right after its start.", hint=f"See {log}.")
    terminal.result()
    terminal.table(address_rows(state.addresses))
    terminal.result()
    stop = f"hipflask stop{instance_arguments(project)}"
    terminal.result(f"Ready in {time.time() - STARTED:.2f} s. Stop it with: {stop}")


def _await_report(process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
    except KeyboardInterrupt:
        process.terminate()
        raise
    finally:
        with contextlib.suppress(OSError):
            process.stdout.close()
    try:
        result: dict[str, Any] = json.loads(line)
    except ValueError:
        process.wait()
        raise StackError(
            f"The stack's process ended with code {process.returncode}.", hint=f"See {log}."
        ) from None
    if not result["ok"]:
        process.wait()
        raise StackError(result["message"], hint=result["hint"] or f"See {log}.")
    return result


def _detached() -> dict[str, Any]:
    """Let the process live on when this terminal is closed."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
