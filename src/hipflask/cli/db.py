"""`hipflask db`: migrations and the database they make."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from hipflask.cli.db_target import Target, open_target, project_of_here
from hipflask.cli.terminal import Terminal
from hipflask.local import migrations

_Command = TypeVar("_Command", bound=Callable[..., Any])

DB_HELP = """Migrations and the database: plain SQL files in supabase/migrations.

\b
    hipflask db new create_notes    make a migration, then write SQL into it
    hipflask db up                  apply what is new
    hipflask db reset               start over from the files

Files and history are the Supabase CLI's: `supabase db push` brings them to the cloud.
"""


def _db_url(command: _Command) -> _Command:
    return click.option(
        "--db-url",
        metavar="URL",
        help="Another database than this project's: postgresql://user:password@host:port/name",
    )(command)


@click.group(help=DB_HELP, short_help="Migrations and the database.")
def db() -> None:
    """Hold the commands below."""


@db.command(short_help="Make a migration file.")
@click.argument("name")
def new(name: str) -> None:
    """Make an empty migration file named NAME.

    \b
    Example: hipflask db new create_notes
    """
    from hipflask.protocol.clock import SystemClock

    terminal = Terminal()
    project = project_of_here()
    file = migrations.new_file(project.migrations, name, SystemClock())
    terminal.result(_shown(file.path))
    terminal.line("Write SQL into it. A table in schema public needs:")
    terminal.line("  alter table … enable row level security;")
    terminal.line("Then apply it: hipflask db up")


@db.command(short_help="Apply what is new.")
@click.option(
    "--include-all", is_flag=True, help="Also files older than the newest that is applied."
)
@_db_url
def up(include_all: bool, db_url: str | None) -> None:
    """Apply the migrations that the database lacks, each file whole or not at all."""
    terminal = Terminal()
    with open_target(db_url) as target:
        terminal.line(f"Migrating {target.name}")
        done = migrations.apply(
            target.url,
            target.project.migrations,
            include_all=include_all,
            on_file=_step_for_each(terminal),
        )
        any_files = bool(migrations.list_files(target.project.migrations))
    for file in done.empty:
        terminal.line(f"{_shown(file.path)} is empty. Write SQL into it, then: hipflask db up")
    if done.migrations:
        terminal.line(f"Applied {_count(len(done.migrations), 'migration')}.")
    elif any_files and not done.empty:
        terminal.line("Nothing to apply: the database is up to date.")
    elif not any_files:
        terminal.line("There are no migrations yet. Make one: hipflask db new create_notes")


@db.command(short_help="Start over: empty database, all migrations, seeds.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--no-seed", is_flag=True, help="Leave the seed files out.")
@_db_url
def reset(yes: bool, no_seed: bool, db_url: str | None) -> None:
    """Drop the database and make it anew: bootstrap, every migration, the seed files.

    Storage's files go with it, and the buckets of config.toml are made.
    """
    terminal = Terminal()
    with open_target(db_url) as target:
        server = target.server_to_reset()
        if not yes:
            click.confirm(f"Delete everything in {target.name}?", abort=True, err=True)
        terminal.line(f"Making {target.name} anew")
        done = migrations.reset(
            server,
            target.project.migrations,
            database=target.database,
            own_server=target.is_embedded,
            seeds=() if no_seed else target.seeds(),
            on_file=_step_for_each(terminal),
        )
        if db_url is None:
            target.start_storage_over()
    for seed in done.seeds:
        terminal.step(seed.path.name, "seed")
    terminal.line(f"The database is new, with {_count(len(done.migrations), 'migration')}.")


@db.command(short_help="Which migrations are applied.")
@click.option(
    "-o",
    "--output",
    "--format",
    "form",
    type=click.Choice(["pretty", "json"]),
    default="pretty",
    show_default=True,
    help="For people, for programs.",
)
@_db_url
def status(form: str, db_url: str | None) -> None:
    """List the migrations of the folder and of the database side by side."""
    terminal = Terminal()
    with open_target(db_url) as target:
        found = migrations.status(target.url, target.project.migrations)
        name = target.name
    if form == "json":
        fields = ("version", "name", "in_folder", "applied")
        terminal.json([{field: getattr(row, field) for field in fields} for row in found])
        return
    terminal.line(f"Migrations of {name}")
    for row in found:
        terminal.result(f"  {row.version:<14}  {_state(row):<24}  {row.name}".rstrip())
    terminal.line(_advice(found))


@db.command(
    short_help="Open psql on the database.",
    context_settings={"ignore_unknown_options": True},
)
@_db_url
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def psql(context: click.Context, db_url: str | None, arguments: tuple[str, ...]) -> None:
    """Open psql on the database, as postgres. ARGUMENTS go to psql.

    \b
    Example: hipflask db psql -c "select email from auth.users"
    """
    with open_target(db_url) as target:
        context.exit(run_psql(target, arguments))


def run_psql(target: Target, arguments: tuple[str, ...]) -> int:
    """Run psql with our terminal and return its exit code."""
    import signal
    import subprocess

    program = target.psql_program()
    # Ctrl-C ends a query in psql, not us.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.run(
            [program, *arguments], env=target.psql_environment(), check=False
        ).returncode
    finally:
        signal.signal(signal.SIGINT, before)


def _step_for_each(terminal: Terminal) -> Callable[[migrations.MigrationFile], None]:
    began = time.monotonic()

    def step(file: migrations.MigrationFile) -> None:
        nonlocal began
        now = time.monotonic()
        terminal.step(file.path.name, seconds=now - began)
        began = now

    return step


def _state(row: migrations.MigrationStatus) -> str:
    if row.in_folder and row.applied:
        return "applied"
    return "not applied" if row.in_folder else "applied, file missing"


def _advice(found: list[migrations.MigrationStatus]) -> str:
    if not found:
        return "There are no migrations yet. Make one: hipflask db new create_notes"
    if any(row.applied and not row.in_folder for row in found):
        return "Files are missing. Fetch them, or start over: hipflask db reset"
    if any(not row.applied for row in found):
        return "Apply what is new: hipflask db up"
    return "Everything is applied."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
