"""Which migrations the folder has, which the database has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hipflask.local.migrations import history
from hipflask.local.migrations.files import list_files


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """One version, as seen from both sides."""

    version: str
    name: str
    in_folder: bool
    applied: bool


def status(url: str, folder: Path) -> list[MigrationStatus]:
    """Return every version that the folder or the database knows, in order."""
    files = {file.version: file.name for file in list_files(folder)}
    with history.connect(url) as connection:
        applied = history.applied_versions(connection)
    return [
        MigrationStatus(
            version,
            files.get(version) or applied.get(version, ""),
            in_folder=version in files,
            applied=version in applied,
        )
        for version in sorted({*files, *applied})
    ]
