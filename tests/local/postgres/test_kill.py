"""Nothing outlives its owner, and nothing committed is lost, whoever is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
import pytest

from hipflask.local.postgres import Cluster, postmaster
from hipflask.local.postgres import cluster as cluster_module
from hipflask.local.postgres.guard import Guard
from hipflask.local.postgres.ports import free_port
from tests.local.postgres.waiting import is_gone, until

_PROGRAM = Path(__file__).with_name("owner_program.py")


@dataclass
class Owner:
    """A process that runs a cluster."""

    process: subprocess.Popen[str]
    port: int
    server: int
    guard: int

    @property
    def url(self) -> str:
        return f"postgresql://postgres:postgres@127.0.0.1:{self.port}/postgres"


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Owner]:
    """A started owner of a cluster in ``tmp_path/.hipflask/db``."""
    process = subprocess.Popen(
        [sys.executable, str(_PROGRAM), str(tmp_path / ".hipflask" / "db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        port, server, guard = process.stdout.readline().split()
        owner = Owner(process, int(port), int(server), int(guard))
        yield owner
        process.kill()
        process.wait()
        assert until(lambda: is_gone(owner.server)), "the server outlived its owner"


def kill(pid: int) -> None:
    psutil.Process(pid).kill()


def commit_a_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table kept as select 42 as answer")


def kept_row(url: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute("select answer from kept").fetchone()


def is_ready(data: Path, pid: int | None) -> bool:
    file = postmaster.PostmasterFile.read(data)
    return file is not None and file.is_ready and file.pid == pid


def test_killed_owner_takes_server_and_guard_along(owner: Owner) -> None:
    owner.process.kill()
    assert until(lambda: is_gone(owner.server))
    assert until(lambda: is_gone(owner.guard))


def test_row_survives_a_killed_owner(owner: Owner, cluster: Cluster) -> None:
    commit_a_row(owner.url)
    owner.process.kill()
    owner.process.wait()
    cluster.start()  # at once: the guard may still be stopping the server
    assert kept_row(cluster.url()) == (42,)


def test_row_survives_killed_owner_and_guard(owner: Owner, cluster: Cluster) -> None:
    commit_a_row(owner.url)
    if sys.platform != "win32":
        owner.process.send_signal(signal.SIGSTOP)  # it would put another guard there
    kill(owner.guard)
    owner.process.kill()
    owner.process.wait()
    if sys.platform == "linux":
        assert until(lambda: is_gone(owner.server)), "the kernel tells the server"
    cluster.start()
    assert is_gone(owner.server)
    assert kept_row(cluster.url()) == (42,)


def test_row_survives_everything_killed_at_once(owner: Owner, cluster: Cluster) -> None:
    commit_a_row(owner.url)
    kill(owner.guard)
    kill(owner.server)
    owner.process.kill()
    owner.process.wait()
    cluster.start()
    assert kept_row(cluster.url()) == (42,)


def test_start_survives_the_late_guard_of_a_killed_owner(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.start()
    commit_a_row(cluster.url())
    placement = cluster.placement
    cluster.stop()
    late: list[Guard] = []
    farewell = threading.Timer(0.3, lambda: late[0].forget())  # it learns that its owner is dead

    def clear_then_late_guard(*arguments: object) -> None:
        postmaster.clear_remains(placement.data, placement.binaries)
        if not late:
            late.append(Guard(placement, port=free_port(), log=cluster.log))
            stranger = late[0].await_server()
            assert until(lambda: is_ready(placement.data, stranger))
            farewell.start()

    monkeypatch.setattr(cluster_module, "clear_remains", clear_then_late_guard)
    cluster.start()
    farewell.join()
    assert late[0].wait() is False
    assert kept_row(cluster.url()) == (42,)


def test_killed_server_is_started_again(cluster: Cluster) -> None:
    cluster.start()
    commit_a_row(cluster.url())
    first = cluster.server_pid
    assert first is not None
    kill(first)

    def answers() -> bool:
        try:
            return kept_row(cluster.url()) == (42,)
        except psycopg.OperationalError:
            return False

    assert until(answers)
    assert cluster.server_pid != first


def test_killed_server_with_a_busy_session_is_started_again(cluster: Cluster) -> None:
    cluster.start()
    assert cluster.server_pid is not None
    busy = psycopg.connect(cluster.url(), autocommit=True)
    busy.execute("begin; create table lost (id int)")
    kill(cluster.server_pid)

    def answers() -> bool:
        try:
            with psycopg.connect(cluster.url()) as connection:
                return connection.execute("select to_regclass('lost')").fetchone() == (None,)
        except psycopg.OperationalError:
            return False

    assert until(answers)
    busy.close()


def test_stop_after_a_killed_guard_stops_the_server(cluster: Cluster) -> None:
    cluster.start()
    server, guard = cluster.server_pid, cluster.guard_pid
    assert server is not None
    assert guard is not None
    kill(guard)
    cluster.stop()
    assert is_gone(server)


@pytest.mark.parametrize("with_server", [False, True])
def test_killed_guard_is_replaced(cluster: Cluster, with_server: bool) -> None:
    cluster.start()
    commit_a_row(cluster.url())
    guard, server = cluster.guard_pid, cluster.server_pid
    assert guard is not None
    assert server is not None
    kill(guard)
    if with_server:
        kill(server)

    def answers() -> bool:
        try:
            return cluster.server_pid != server and kept_row(cluster.url()) == (42,)
        except psycopg.OperationalError:
            return False

    assert until(answers)
    assert cluster.guard_pid != guard
    assert is_gone(server)


def test_restart_after_a_killed_server(cluster: Cluster) -> None:
    cluster.start()
    commit_a_row(cluster.url())
    assert cluster.guard_pid is not None
    assert cluster.server_pid is not None
    kill(cluster.guard_pid)
    kill(cluster.server_pid)
    cluster.stop()
    cluster.start()
    assert kept_row(cluster.url()) == (42,)


def test_pid_file_of_a_stranger_does_not_stop_the_start(cluster: Cluster) -> None:
    cluster.start()
    data = cluster.placement.data
    lines = (data / "postmaster.pid").read_text().splitlines()
    cluster.stop()
    lines[0] = str(os.getpid())  # a pid that was given to somebody else since
    (data / "postmaster.pid").write_text("\n".join(lines) + "\n")
    cluster.start()
    assert cluster.server_pid != os.getpid()


@pytest.mark.skipif(sys.platform == "win32", reason="fork is POSIX")
def test_forked_child_does_not_keep_the_server_alive(owner: Owner, tmp_path: Path) -> None:
    program = (
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from hipflask.local.postgres import Cluster\n"
        "cluster = Cluster(Path(sys.argv[1]), port=0)\n"
        "cluster.start()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os.close(1)\n"
        "    time.sleep(60)\n"
        "print(cluster.server_pid, child, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "forking" / "db")],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        server, child = map(int, process.stdout.readline().split())
        process.kill()
        process.wait()
        try:
            assert until(lambda: is_gone(server))
        finally:
            os.kill(child, signal.SIGKILL)


def test_terminated_guard_stops_the_server_cleanly(
    cluster: Cluster, same_folder: Callable[[Cluster], Cluster]
) -> None:
    cluster.start()
    commit_a_row(cluster.url())
    server, guard = cluster.server_pid, cluster.guard_pid
    assert server is not None
    assert guard is not None
    psutil.Process(guard).terminate()
    assert until(lambda: is_gone(server))
    cluster.stop()
    again = same_folder(cluster)
    again.start()
    assert kept_row(again.url()) == (42,)
