"""The embedded PostgreSQL server of one project."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from hipflask.errors import HipFlaskError, PortInUse, StackError
from hipflask.local.postgres.account import unprivileged_account
from hipflask.local.postgres.binaries import find_binaries
from hipflask.local.postgres.configuration import write_configuration
from hipflask.local.postgres.guard import Guard
from hipflask.local.postgres.initialise import SUPERUSER, ensure_initialised
from hipflask.local.postgres.lock import FolderLock
from hipflask.local.postgres.placement import Placement, place
from hipflask.local.postgres.ports import LOOPBACK, free_port, require_free
from hipflask.local.postgres.postmaster import PostmasterFile, clear_remains

_log = logging.getLogger(__name__)
_READY_SECONDS = 60.0  # crash recovery on a slow disk; usually 0.1
_POLL_SECONDS = 0.003
_ATTEMPTS = 3
_FOLDER_IN_USE = 'lock file "postmaster.pid" already exists'
_LOG_LIMIT = 10 * 1024 * 1024


class Server(Protocol):
    """A PostgreSQL server, ours or somebody else's."""

    password: str

    def start(self) -> None:
        """Make the server answer. Returns when it does."""

    def stop(self) -> None:
        """Undo ``start``."""

    def url(self, *, user: str = SUPERUSER, database: str = "postgres") -> str:
        """Return the address of ``database`` for ``user``, password included."""


class Cluster:
    """One PostgreSQL data folder and its server process, on loopback TCP with a password.

    The server stops when this process ends, however it ends: a guard process sees to that.
    ``port=0`` picks a free one at each start. ``durable=False`` is for tests: a power cut may
    corrupt the data.
    """

    def __init__(
        self,
        data: Path,
        *,
        port: int,
        password: str = "postgres",
        durable: bool = True,
        log: Path | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.data = data.absolute()
        self.port = port
        self.password = password
        self.durable = durable
        self.log = (log or data.with_name("logs") / "postgres.log").absolute()
        self._wanted_port = port
        self._environ = environ
        self._lock = FolderLock(self.data)
        self._guard: Guard | None = None
        self._turn = threading.Lock()  # the guard is being replaced, or dismissed
        self._placement: Placement | None = None

    def start(self) -> None:
        """Start the server, making the data folder first if there is none.

        Raises AlreadyRunning, PortInUse or StackError. Connections are accepted on return.
        """
        self._lock.acquire()
        try:
            self._start_locked()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server: sessions end, everything is written down. Harmless when stopped."""
        with self._turn:
            guard, self._guard = self._guard, None
        if guard is not None:
            guard.dismiss()
        if self._placement is not None:
            # The guard may have been killed, and the server with it or not.
            clear_remains(self._placement.data, self._placement.binaries)
            self._placement = None
        self._lock.release()

    def url(self, *, user: str = SUPERUSER, database: str = "postgres") -> str:
        """Return the address of ``database`` for ``user``, password included."""
        login = f"{quote(user, safe='')}:{quote(self.password, safe='')}"
        return f"postgresql://{login}@{LOOPBACK}:{self.port}/{quote(database, safe='')}"

    @property
    def placement(self) -> Placement:
        """Where the data lies and what runs it. Only while started."""
        if self._placement is None:
            raise StackError(f"The PostgreSQL server of {self.data} is not started.")
        return self._placement

    @property
    def server_pid(self) -> int | None:
        """The pid of the running server, or None."""
        if self._placement is None:
            return None
        file = PostmasterFile.read(self._placement.data)
        return file.pid if file else None

    @property
    def guard_pid(self) -> int | None:
        return self._guard.pid if self._guard else None

    def _start_locked(self) -> None:
        account = unprivileged_account()
        binaries = find_binaries(self._environ)
        placement = place(self.data, binaries, account, new_id=uuid.uuid4().hex)
        clear_remains(placement.data, placement.binaries)
        self.port = self._wanted_port or free_port()
        require_free(self.port, "PostgreSQL")
        made = ensure_initialised(placement, password=self.password, durable=self.durable)
        write_configuration(placement.data, major=placement.binaries.major, durable=self.durable)
        self._prepare_log()
        self._placement = placement
        self._guard = self._start_server(placement)
        threading.Thread(
            target=self._replace_when_killed, args=(self._guard,), name="guard", daemon=True
        ).start()
        if made and self.durable and sys.platform != "win32":
            # initdb ran without: a power cut must not take the new folder with it.
            threading.Thread(target=os.sync, daemon=True).start()

    def _start_server(self, placement: Placement) -> Guard:
        """Start the server under a guard.

        An owner that was killed while it started a guard left one that may put its server here
        once more, after we looked, before it notices.
        """
        for _ in range(_ATTEMPTS):
            self._log_start = self.log.stat().st_size
            self._guard = guard = Guard(placement, port=self.port, log=self.log)
            if self._becomes_ready(placement, guard):
                return guard
            if _FOLDER_IN_USE not in self._last_log_lines():
                break
            guard.dismiss()
            clear_remains(placement.data, placement.binaries)
        raise self._start_failed()

    def _replace_when_killed(self, guard: Guard) -> None:
        """Put a new guard, and with it a server, in the place of one that was killed."""
        while guard.wait():
            with self._turn:
                if self._guard is not guard or self._placement is None:
                    return  # dismissed
                try:
                    clear_remains(self._placement.data, self._placement.binaries)
                    self._guard = guard = Guard(self._placement, port=self.port, log=self.log)
                except (HipFlaskError, OSError):
                    _log.exception("PostgreSQL's guard was killed and could not be replaced")
                    return

    def _prepare_log(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old.log"))
        self.log.touch()

    def _becomes_ready(self, placement: Placement, guard: Guard) -> bool:
        server = guard.await_server()
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            file = PostmasterFile.read(placement.data)
            if file is not None and file.is_ready and file.pid == server:
                return True
            if guard.has_ended:
                return False
            time.sleep(_POLL_SECONDS)
        raise StackError(
            f"PostgreSQL was not ready within {_READY_SECONDS:.0f} s. {self._last_log_lines()}",
            hint=f"Its log is {self.log}.",
        )

    def _start_failed(self) -> StackError:
        try:
            require_free(self.port, "PostgreSQL")  # somebody may have taken it meanwhile
        except PortInUse as error:
            return error
        return StackError(
            f"PostgreSQL did not start. {self._last_log_lines()}", hint=f"Its log is {self.log}."
        )

    def _last_log_lines(self) -> str:
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            said = file.read().decode("utf-8", "replace")
        lines = [line for line in said.splitlines() if "FATAL" in line or "ERROR" in line]
        return "\n".join((lines or said.splitlines())[-5:])
