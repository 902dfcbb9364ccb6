"""The owner's side of the guard process that keeps the server from outliving us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

from hipflask.local.postgres.placement import Placement

_PROGRAM = Path(__file__).with_name("guard_process.py")
_FAREWELL_SECONDS = 60
_SERVER_ENDED = 3  # guard_process.py

_living: weakref.WeakSet[Guard] = weakref.WeakSet()


class Guard:
    """A started guard: it stops the server when we close its standard input, or die."""

    def __init__(self, placement: Placement, *, port: int, log: Path) -> None:
        orders = {
            "server": str(placement.binaries.program("postgres")),
            "pg_ctl": str(placement.binaries.program("pg_ctl")),
            "data": str(placement.data),
            "port": port,
            "log": str(log),
            "uid": placement.account.uid if placement.account else None,
            "gid": placement.account.gid if placement.account else None,
        }
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [_plain_python(), "-I", "-S", str(_PROGRAM)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                **_apart_from_our_terminal(),
            )
        self.pid = self._process.pid
        _living.add(self)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe, self._said = self._process.stdin, self._process.stdout
        self._pipe.write(json.dumps(orders).encode() + b"\n")
        self._pipe.flush()

    def await_server(self) -> int | None:
        """Return the pid of the server once it is started, or None when it could not be."""
        line = self._said.readline().strip()
        return int(line) if line.isdigit() else None

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def wait(self) -> bool:
        """Wait until the guard has ended; return whether it was killed, by whomever."""
        code = self._process.wait()
        self.forget()
        return code not in (0, _SERVER_ENDED)

    def dismiss(self) -> None:
        """Have the server stopped, and return when it is."""
        self.forget()
        self._process.wait(_FAREWELL_SECONDS)

    def forget(self) -> None:
        """Close our ends. A copy of one in a forked child would keep the server from stopping."""
        self._pipe.close()
        self._said.close()


def _forget_all() -> None:
    for guard in list(_living):
        guard.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _plain_python() -> str:
    # Not the virtual environment's launcher: on Windows that is a second process in between.
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _apart_from_our_terminal() -> dict[str, Any]:
    """Keep Ctrl-C for the owner: it decides in which order things stop."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}
