"""Seed files: example data that runs once into a fresh database (``[db.seed] sql_paths``)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hipflask.local.migrations import history
from hipflask.local.migrations.history import Connection
from hipflask.local.migrations.run import run_in_transaction
from hipflask.local.migrations.statements import split


@dataclass(frozen=True, slots=True)
class SeedFile:
    """A seed file and the name the Supabase CLI records it under (``supabase/seed.sql``)."""

    path: Path
    recorded_as: str


def find_seeds(supabase: Path, patterns: Sequence[str]) -> list[SeedFile]:
    """Return the files that the patterns name, relative to the ``supabase`` folder, each once."""
    found: dict[Path, SeedFile] = {}
    for pattern in patterns:
        for path in sorted(supabase.glob(pattern.removeprefix("./"))):
            if path.is_file() and path not in found:
                name = f"{supabase.name}/{path.relative_to(supabase).as_posix()}"
                found[path] = SeedFile(path, name)
    return list(found.values())


def run_seeds(connection: Connection, seeds: Sequence[SeedFile]) -> list[SeedFile]:
    """Run the seeds that never ran here, each in its own transaction, and return them.

    One that changed since it ran is not run again: its rows are there already. Like the Supabase
    CLI, only its new hash is recorded.
    """
    ran = []
    known = history.seed_hashes(connection) if seeds else {}
    for seed in seeds:
        content = seed.path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if known.get(seed.recorded_as) == digest:
            continue
        with connection.transaction():
            connection.execute("reset all")
            if seed.recorded_as not in known:
                run_in_transaction(connection, seed.path, split(content.decode("utf-8-sig")))
                ran.append(seed)
            history.record_seed(connection, seed.recorded_as, digest)
    return ran
