"""PgBouncer in transaction mode: the real pooler that stands in for Supavisor's port 6543."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def pgbouncer(folder: Path, server_port: int, user: str, *, pool_size: int = 2) -> Iterator[str]:
    """Run PgBouncer before a server; give ``user:postgres@host:port`` of its address.

    Skips the test where PgBouncer is not installed.
    """
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        pytest.skip("pgbouncer is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Not pytest's own folder: another user could not enter it.
    own = Path(shutil.copytree(folder, f"/tmp/pgbouncer-{port}"))
    (own / "users.txt").write_text(f'"{user}" "postgres"\n')
    (own / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={server_port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = plain\nauth_file = {own / 'users.txt'}\n"
        f"pool_mode = transaction\ndefault_pool_size = {pool_size}\n"
    )
    own.chmod(0o755)
    argv = [program, "-q", str(own / "pgbouncer.ini")]
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    process = subprocess.Popen(
        [*argv, "-u", "nobody"] if is_root else argv,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_port(port, process)
        yield f"{user}:postgres@127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(own)


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("pgbouncer did not start")
