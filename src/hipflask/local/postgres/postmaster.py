"""What a data folder says about its server process, and how to be rid of one that lost its owner.

The lines of ``postmaster.pid``: pid, data folder, start time, port, socket folder, address,
shared memory, status (PostgreSQL: src/include/utils/pidfile.h).
"""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hipflask.errors import StackError
from hipflask.local.postgres.binaries import Binaries

if TYPE_CHECKING:
    import psutil

_STOP_PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class PostmasterFile:
    """The content of a ``postmaster.pid``."""

    pid: int
    port: int
    status: str

    @property
    def is_ready(self) -> bool:
        return self.status == "ready"

    @classmethod
    def read(cls, data: Path) -> PostmasterFile | None:
        """Return None when there is no file, or one that is still being written."""
        try:
            lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = [line.strip() for line in lines.splitlines()]
        if len(fields) < 4 or not fields[0].lstrip("-").isdigit() or not fields[3].isdigit():
            return None
        return cls(abs(int(fields[0])), int(fields[3]), fields[7] if len(fields) > 7 else "")


def clear_remains(data: Path, binaries: Binaries) -> None:
    """Stop a server of ``data`` whose owner and guard both died, and forget stale pid files.

    The caller holds the folder's lock, so no living owner can mind.
    """
    if not (data / "postmaster.pid").exists():
        return
    # Costs 15 ms to import and is needed only after a crash.
    import psutil

    file = PostmasterFile.read(data)
    master = _server_process(file.pid, data) if file else None
    if master is not None:
        _stop_cleanly(master, data, binaries)
        return
    # The server died without a farewell. Its children notice within moments, but as long as one
    # lives PostgreSQL refuses to start beside it, and rightly so.
    children = [process for process in psutil.process_iter() if _serves(process, data)]
    for child in children:
        with contextlib.suppress(psutil.Error):
            child.terminate()
    _, alive = psutil.wait_procs(children, timeout=3)
    for child in alive:
        with contextlib.suppress(psutil.Error):
            child.kill()
    psutil.wait_procs(alive, timeout=3)
    # The recorded pid may meanwhile belong to a stranger, for whom PostgreSQL would wait forever.
    (data / "postmaster.pid").unlink(missing_ok=True)


def _server_process(pid: int, data: Path) -> psutil.Process | None:
    import psutil

    try:
        process = psutil.Process(pid)
    except psutil.Error:
        return None
    return process if _serves(process, data) else None


def _serves(process: psutil.Process, data: Path) -> bool:
    """Tell whether a process is a PostgreSQL server or server child of this data folder."""
    import psutil

    try:
        if not process.name().lower().startswith("postgres"):
            return False
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return Path(process.cwd()).resolve() == data.resolve()
    except (psutil.Error, OSError):
        return False


def _stop_cleanly(master: psutil.Process, data: Path, binaries: Binaries) -> None:
    import psutil

    if sys.platform == "win32":
        # PostgreSQL's signals are named pipes there; pg_ctl knows how to write to them.
        subprocess.run(
            [binaries.program("pg_ctl"), "stop", "-D", data, "-m", "fast", "-w", "-t", "15"],
            capture_output=True,
            check=False,
        )
    else:
        with contextlib.suppress(psutil.Error):
            master.send_signal(signal.SIGINT)  # "fast": ends sessions, writes everything down
    try:
        master.wait(_STOP_PATIENCE)
    except psutil.TimeoutExpired:
        raise StackError(
            f"A PostgreSQL server left over from an earlier run (process {master.pid}) uses"
            f" {data} and does not stop.",
            hint=f"End process {master.pid}, then start again.",
        ) from None
