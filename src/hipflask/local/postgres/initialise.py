"""Makes a new data folder: whole, or not at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hipflask.errors import StackError
from hipflask.local.postgres.binaries import Binaries
from hipflask.local.postgres.configuration import server_settings
from hipflask.local.postgres.placement import Placement

SUPERUSER = "postgres"


def ensure_initialised(placement: Placement, *, password: str, durable: bool) -> bool:
    """Run initdb unless the data folder is there. Return whether it ran.

    Raises StackError for a folder that is not PostgreSQL's or of another major version.
    """
    data = placement.data
    if data.exists() and any(data.iterdir()):
        _refuse_foreign(data, placement.binaries)
        # After `chmod -R` over the project PostgreSQL would refuse the folder.
        if sys.platform != "win32" and data.stat().st_mode & 0o077:
            data.chmod(0o700)
        return False
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if placement.account:
        placement.account.own(unfinished)
    _run_initdb(placement, unfinished, password=password, durable=durable)
    if data.exists():
        data.rmdir()
    unfinished.rename(data)
    return True


def run_as(placement: Placement) -> dict[str, Any]:
    """Return the ``subprocess`` arguments that drop to the cluster's account."""
    if placement.account is None:
        return {}
    return {
        "user": placement.account.uid,
        "group": placement.account.gid,
        "extra_groups": [],
    }


def _refuse_foreign(data: Path, binaries: Binaries) -> None:
    version_file = data / "PG_VERSION"
    if not version_file.is_file():
        raise StackError(
            f"{data} is not empty and is no PostgreSQL data folder.",
            hint="Move its content away, or delete it.",
        )
    version = version_file.read_text(encoding="ascii").strip()
    if version != str(binaries.major):
        raise StackError(
            f"{data} was made by PostgreSQL {version}; the programs here are {binaries.major}.",
            hint="Use the programs it was made with (HIPFLASK_POSTGRES_BIN) and copy the data"
            f" over with pg_dump, or delete {data} to start afresh.",
        )


def _run_initdb(placement: Placement, data: Path, *, password: str, durable: bool) -> None:
    binaries = placement.binaries
    # Not standard input: initdb opens the file by name, and the account may not reopen our pipe.
    password_file = data.with_name(f"{data.name}.password")
    password_file.unlink(missing_ok=True)
    password_file.touch(mode=0o600)
    try:
        password_file.write_text(f"{password}\n", encoding="utf-8")
        if placement.account:
            placement.account.own(password_file)
        settings = server_settings(major=binaries.major, durable=durable)
        command = [
            str(binaries.program("initdb")),
            *("-D", str(data), "-U", SUPERUSER, "-E", "UTF8"),
            *("-A", "scram-sha-256", f"--pwfile={password_file}"),
            *_locale_options(binaries),
            # Nothing in it is worth a sync yet; the caller syncs once the server is up.
            "--no-sync",
        ]
        if binaries.major >= 16:
            for name, value in settings.items():
                command += ["--set", name + "=" + value.strip("'")]
        result = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=placement.work,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            check=False,
            **run_as(placement),
        )
    finally:
        password_file.unlink(missing_ok=True)
    if result.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        raise StackError(
            f"initdb could not make {placement.data}: {_last_words(result.stderr)}",
            hint=_initdb_hint(),
        )


def _locale_options(binaries: Binaries) -> list[str]:
    if binaries.major >= 17:
        # Built in: the same order and upper/lower rules on every system, and fast.
        return ["--locale-provider=builtin", "--locale=C.UTF-8"]
    return ["--locale=C", "--lc-ctype=C" if sys.platform == "win32" else "--lc-ctype=C.UTF-8"]


def _last_words(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return "; ".join(lines[-3:]) if lines else "it said nothing"


def _initdb_hint() -> str:
    if sys.platform == "win32":
        return (
            "As an administrator, keep the project and its .venv out of temporary folders that"
            " only administrators may read."
        )
    return "Is the disk full, or the folder read-only?"
