"""The migration files of a project: ``supabase/migrations/<version>_<name>.sql``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from hipflask.errors import ConfigError
from hipflask.protocol.clock import Clock

# As in the Supabase CLI, pkg/migration/file.go and list.go.
_FILE_NAME = re.compile(r"^([0-9]+)_(.*)\.sql$")
_OLD_DUMP = re.compile(r"([0-9]{14})_init\.sql")
_OLD_DUMP_UNTIL = 20211209000000


@dataclass(frozen=True, slots=True)
class MigrationFile:
    """One file of the folder."""

    path: Path
    version: str
    name: str

    def read(self) -> str:
        """Return the script. A byte order mark, which some Windows editors leave, is dropped."""
        try:
            return self.path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"{self.path} is not UTF-8 (byte {error.start}).",
                hint="Save it as UTF-8. PowerShell's `>` writes UTF-16.",
            ) from error


def list_files(folder: Path) -> list[MigrationFile]:
    """Return the folder's migrations in the order of their names; other files do not count.

    Raises ConfigError when two files claim one version.
    """
    if not folder.is_dir():
        return []
    found: dict[str, MigrationFile] = {}
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    for position, path in enumerate(entries):
        match = _FILE_NAME.match(path.name)
        if not match or not path.is_file() or (position == 0 and _is_old_dump(path.name)):
            continue
        file = MigrationFile(path, match.group(1), match.group(2))
        if file.version in found:
            raise ConfigError(
                f"Two migrations have the version {file.version}:"
                f" {found[file.version].path.name} and {path.name}.",
                hint="Rename one of them to a version of its own.",
            )
        found[file.version] = file
    return list(found.values())


def new_file(folder: Path, name: str, clock: Clock) -> MigrationFile:
    """Create an empty migration named by the current time in UTC, and return it."""
    words = re.sub(r"[^\w-]+", "_", name.strip()).strip("_")
    if not words:
        raise ConfigError(
            f"{name!r} is no name for a migration.", hint="Try `hipflask db new create_notes`."
        )
    folder.mkdir(parents=True, exist_ok=True)
    taken = {file.version for file in list_files(folder)}
    version = clock.now().astimezone(UTC).strftime("%Y%m%d%H%M%S")
    while version in taken:  # two within a second
        version = str(int(version) + 1)
    path = folder / f"{version}_{words}.sql"
    path.touch()
    return MigrationFile(path, version, words)


def _is_old_dump(file_name: str) -> bool:
    """Tell the schema dump that the CLI wrote before December 2021; it skips it, so do we."""
    match = _OLD_DUMP.match(file_name)
    return match is not None and int(match.group(1)) < _OLD_DUMP_UNTIL
