"""Applies what the folder has and the database has not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hipflask.errors import StackError
from hipflask.local.migrations import history
from hipflask.local.migrations.files import MigrationFile, list_files
from hipflask.local.migrations.history import Connection
from hipflask.local.migrations.rls import exposed_tables, refuse_newly_exposed
from hipflask.local.migrations.run import must_run_outside, run_in_transaction, run_one_by_one
from hipflask.local.migrations.seeds import SeedFile, run_seeds
from hipflask.local.migrations.statements import split

# "hipflask" in a phone's letters. Held for a transaction: a session's lock would stay with a
# pooler's connection.
_LOCK = 44_735_275


@dataclass(slots=True)
class Applied:
    """What one call did."""

    migrations: list[MigrationFile] = field(default_factory=list)
    seeds: list[SeedFile] = field(default_factory=list)
    # New files at the end of the folder that hold no SQL yet: they are not recorded.
    empty: list[MigrationFile] = field(default_factory=list)


def apply(
    url: str,
    folder: Path,
    *,
    include_all: bool = False,
    seeds: Sequence[SeedFile] = (),
    on_file: Callable[[MigrationFile], None] = lambda _: None,
) -> Applied:
    """Apply the pending migrations of ``folder`` in order, each file in one transaction.

    Stops at the first that fails, with MigrationFailed or PublicTableWithoutRLS: that file is
    rolled back whole, the ones before it stay. ``include_all`` also takes files that sort before
    what is applied already. ``seeds`` run afterwards, unless they ran before.
    """
    done = Applied()
    files = list_files(folder)
    with history.connect(url) as connection:
        pending = find_pending(
            files, list(history.applied_versions(connection)), include_all=include_all
        )
        done.empty = _take_empty_ones_off(pending)
        if not pending and not seeds:
            return done
        with connection.transaction():
            _take_turn(connection)
            history.create_tables(connection)
        for file in pending:
            if _apply_file(connection, file):
                on_file(file)
                done.migrations.append(file)
        done.seeds = run_seeds(connection, seeds)
    return done


def find_pending(
    files: Sequence[MigrationFile], applied: Sequence[str], *, include_all: bool
) -> list[MigrationFile]:
    """Return the files not applied yet, by the rules of the Supabase CLI (pkg/migration/apply.go).

    Raises StackError when the database knows versions that the folder lacks, and, unless
    ``include_all``, when a file sorts before one that is applied.
    """
    missing = sorted(set(applied) - {file.version for file in files})
    if missing:
        raise StackError(
            "The database has migrations that the folder lacks: " + ", ".join(missing) + ".",
            hint="Fetch them (`git pull`?), or start over from the folder: `hipflask db reset`.",
        )
    pending = [file for file in files if file.version not in set(applied)]
    newest = max(applied, default="")
    late = [file for file in pending if file.version < newest]
    if late and not include_all:
        raise StackError(
            f"{late[0].path.name} is older than migrations that are applied already"
            f" (up to {newest}).",
            hint="Apply it all the same: `hipflask db up --include-all`,"
            " or start over from the folder: `hipflask db reset`.",
        )
    return pending


def _take_empty_ones_off(pending: list[MigrationFile]) -> list[MigrationFile]:
    """Remove the files at the end that hold no SQL yet, and return them.

    Recorded as applied, as the Supabase CLI does, what is then written into them would never run.
    """
    empty: list[MigrationFile] = []
    while pending and all(statement.is_empty for statement in split(pending[-1].read())):
        empty.insert(0, pending.pop())
    return empty


def _apply_file(connection: Connection, file: MigrationFile) -> bool:
    """Apply one file; return False when another migrator did it while we waited for our turn."""
    statements = split(file.read())
    if must_run_outside(statements):
        run_one_by_one(connection, file.path, statements)
        history.record(connection, file.version, file.name, [it.text for it in statements])
        return True
    with connection.transaction():
        _take_turn(connection)
        if history.is_applied(connection, file.version):
            return False
        # As the CLI: what an earlier file did to search_path and the like ends with it.
        connection.execute("reset all")
        before = exposed_tables(connection)
        run_in_transaction(connection, file.path, statements)
        connection.execute("reset session authorization; reset role")
        refuse_newly_exposed(connection, before, file)
        history.record(connection, file.version, file.name, [it.text for it in statements])
    return True


def _take_turn(connection: Connection) -> None:
    connection.execute("select pg_advisory_xact_lock(%s)", [_LOCK])
