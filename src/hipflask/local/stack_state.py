"""What a running stack leaves in ``.hipflask/stack.json`` for other processes."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from hipflask.local.control import ask

_POLL_SECONDS = 0.02
_DELETE_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of a stack answer; an empty text means that a part is not there."""

    app: str = ""
    api: str = ""
    database: str = ""
    mailbox: str = ""
    smtp: str = ""
    identity: str = ""


@dataclass(frozen=True, slots=True)
class StackState:
    """One running stack."""

    pid: int
    started_at: str
    control_port: int
    control_token: str = field(repr=False)
    addresses: Addresses = field(default_factory=Addresses)

    @property
    def started(self) -> datetime:
        """When it started."""
        return datetime.fromisoformat(self.started_at)

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all, for its owner's eyes alone."""
        unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
        with contextlib.suppress(OSError):
            unfinished.unlink()
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=2)
        unfinished.replace(path)

    @classmethod
    def read(cls, path: Path) -> StackState | None:
        """Return what the file says, or ``None``; it may be a dead stack's."""
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            addresses = Addresses(**stored.pop("addresses"))
            return cls(**stored, addresses=addresses)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    @classmethod
    def running(cls, path: Path) -> StackState | None:
        """Return the stack that runs now, or ``None``.

        The pid alone proves nothing, as systems use them again: the stack must know the token.
        """
        state = cls.read(path)
        if state is None or not ask(state.control_port, state.control_token, "ping"):
            return None
        return state

    def stop(self, path: Path, *, patience: float = 30.0) -> bool:
        """Ask the stack to stop and wait until it has; return whether it did."""
        if not ask(self.control_port, self.control_token, "stop"):
            return False
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            # The file goes last of all, after the database.
            if _stored_pid(path) != self.pid:
                return True
            time.sleep(_POLL_SECONDS)
        return False


def forget(path: Path) -> None:
    """Delete the file. On Windows that has to wait for a moment in which nobody reads it."""
    deadline = time.monotonic() + _DELETE_PATIENCE
    while True:
        try:
            path.unlink(missing_ok=True)
        except PermissionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL_SECONDS)
        else:
            return


def _stored_pid(path: Path) -> int | None:
    state = StackState.read(path)
    return state.pid if state else None


def known_addresses(addresses: Addresses) -> Mapping[str, str]:
    """Return the parts that are there."""
    return {name: url for name, url in asdict(addresses).items() if url}
