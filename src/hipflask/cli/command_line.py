"""The group of commands, and what happens to an error."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

import click

from hipflask.cli.lazy_group import LazyGroup
from hipflask.cli.terminal import Terminal
from hipflask.errors import DeployInterrupted, HipFlaskError

# name: (module, attribute, what it does). The modules are imported when their command runs.
COMMANDS = {
    "dev": ("hipflask.cli.dev", "dev", "Run the stack and the application here, with reload."),
    "start": ("hipflask.cli.start", "start", "Run the stack in the background."),
    "stop": ("hipflask.cli.stop", "stop", "Stop the stack of this project."),
    "status": ("hipflask.cli.status", "status", "Say what runs, with addresses and keys."),
    "db": ("hipflask.cli.db", "db", "Migrations and the database: new, up, reset, status, psql."),
    "cloud": ("hipflask.cli.cloud", "cloud", "Cloud Run: plan, deploy, operate, what it costs."),
    "new": ("hipflask.cli.new", "new", "Make a project of your own."),
}

HELP = """Flask, Supabase and Cloud Run as one product.

\b
    hipflask new shop      make a project
    cd shop && hipflask dev
                           run all of it; Ctrl-C stops all of it
"""


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="hipflask", message="hipflask %(version)s")
@click.pass_context
def group(context: click.Context, debug: bool) -> None:
    """Hold the options that stand before a command."""
    context.obj = {"debug": debug}


def run(arguments: list[str] | None = None) -> None:
    """Run a command line; exit with 0, 1 (it failed), 2 (wrong usage) or 130 (Ctrl-C)."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    # `hipflask dev --debug` is what people type; the option belongs to the group.
    ordered = ["--debug"] * debug + [each for each in arguments if each != "--debug"]
    terminal = Terminal()
    prog_name = os.environ.get("HIPFLASK_COMMAND", "hipflask")
    try:
        code = group.main(ordered, prog_name=prog_name, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.exceptions.NoArgsIsHelpError as error:
        terminal.line(error.format_message())
        sys.exit(0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        terminal.line("Stopped.")
        sys.exit(130)
    except HipFlaskError as error:
        if debug:
            traceback.print_exc()
        terminal.error(error.message, error.hint)
        sys.exit(130 if isinstance(error, DeployInterrupted) else 1)
    except Exception as error:
        if debug:
            traceback.print_exc()
            sys.exit(1)
        log = _keep_traceback()
        where = f"The traceback is in {log}. " if log else ""
        terminal.error(
            f"{type(error).__name__}: {error}",
            f"This is a fault of Hipflask. {where}Run the command again with --debug to see it.",
        )
        sys.exit(1)


def _keep_traceback() -> Path | None:
    from hipflask.errors import ConfigError
    from hipflask.local.project import Project

    try:
        log = Project.find(Path.cwd()).logs / "errors.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
            traceback.print_exc(file=file)
    except (OSError, ConfigError):
        return None
    return log
