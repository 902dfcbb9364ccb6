"""Starting and stopping the embedded server."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hipflask.errors import AlreadyRunning, PortInUse, StackError
from hipflask.local.postgres import Cluster
from tests.local.postgres.waiting import is_gone


def test_answers_right_after_start(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("select 1 + 1").fetchone() == (2,)


def test_listens_on_loopback_only(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        settings = dict(
            connection.execute(
                "select name, setting from pg_settings"
                " where name in ('listen_addresses', 'unix_socket_directories')"
            ).fetchall()
        )
    assert settings == {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}


def test_wants_the_password(cluster: Cluster) -> None:
    cluster.start()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.url().replace(":postgres@", ":wrong@"))


def test_password_with_odd_characters(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "db", port=0, password="p@ss:w/rd %20'", durable=False)
    cluster.start()
    try:
        with psycopg.connect(cluster.url()) as connection:
            assert connection.info.user == "postgres"
    finally:
        cluster.stop()


def test_sorts_text_alike_on_every_system(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        row = connection.execute(
            "select pg_encoding_to_char(encoding), datcollate, lower('ÄÉ中')"
            " from pg_database where datname = current_database()"
        ).fetchone()
    assert row == ("UTF8", "C.UTF-8", "äé中")


def test_rows_survive_a_restart(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("create table kept as select 42 as answer")
    cluster.stop()
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)


def test_stop_ends_server_and_guard(cluster: Cluster) -> None:
    cluster.start()
    server, guard = cluster.server_pid, cluster.guard_pid
    assert server is not None
    assert guard is not None
    cluster.stop()
    assert is_gone(server)
    assert is_gone(guard)
    assert cluster.server_pid is None


def test_stop_is_harmless_when_stopped(cluster: Cluster) -> None:
    cluster.stop()
    cluster.start()
    cluster.stop()
    cluster.stop()


def test_stop_ends_open_sessions(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("begin")
        cluster.stop()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("select 1")


def test_second_start_in_one_process_is_told_who_runs(
    cluster: Cluster, same_folder: Callable[[Cluster], Cluster]
) -> None:
    cluster.start()
    with pytest.raises(AlreadyRunning) as refused:
        same_folder(cluster).start()
    assert refused.value.pid == os.getpid()
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_second_start_in_another_process_is_told_who_runs(cluster: Cluster) -> None:
    cluster.start()
    program = (
        "import sys; from pathlib import Path; from hipflask.local.postgres import Cluster\n"
        "Cluster(Path(sys.argv[1]), port=0).start()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(cluster.data)], capture_output=True, text=True
    )
    assert f"is already in use by process {os.getpid()}" in ended.stderr
    assert str(cluster.data) in ended.stderr


def test_port_in_use_is_named_with_its_holder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(PortInUse) as refused:
            Cluster(tmp_path / "db", port=port).start()
    assert refused.value.port == port
    assert f"process {os.getpid()}" in refused.value.held_by
    assert "config.toml" in refused.value.hint
    assert not (tmp_path / "db").exists(), "nothing is made before the port is known to be free"


def test_refused_start_lets_the_next_one_through(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        cluster = Cluster(tmp_path / "db", port=holder.getsockname()[1], durable=False)
        with pytest.raises(PortInUse):
            cluster.start()
    cluster.start()
    cluster.stop()


def test_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "db").mkdir(mode=0o755)
    (tmp_path / "db" / "thesis.txt").write_text("years of work")
    tmp_path.chmod(0o755)
    with pytest.raises(StackError, match=r"no PostgreSQL data folder|holds a database"):
        Cluster(tmp_path / "db", port=0).start()
    assert (tmp_path / "db" / "thesis.txt").read_text() == "years of work"


def test_folder_of_another_version_is_named(cluster: Cluster) -> None:
    cluster.start()
    data = cluster.placement.data
    cluster.stop()
    (data / "PG_VERSION").write_text("14\n")
    with pytest.raises(StackError, match="made by PostgreSQL 14"):
        cluster.start()


def test_interrupted_initdb_is_begun_again(cluster: Cluster) -> None:
    cluster.start()
    data = cluster.placement.data
    cluster.stop()
    data.rename(data.with_name("db.unfinished"))
    (data.with_name("db.unfinished") / "PG_VERSION").unlink()
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert not data.with_name("db.unfinished").exists()


def test_reason_of_a_failed_start_comes_from_the_log(cluster: Cluster) -> None:
    cluster.start()
    data = cluster.placement.data
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("alter system set shared_preload_libraries = 'no_such_library'")
    cluster.stop()
    with pytest.raises(StackError, match="no_such_library") as failed:
        cluster.start()
    assert str(cluster.log) in failed.value.hint
    (data / "postgresql.auto.conf").write_text("")
    cluster.start()


def test_own_settings_survive_a_restart(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("alter system set work_mem = '7MB'")
    cluster.stop()
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("show work_mem").fetchone() == ("7MB",)


def test_log_is_where_it_was_promised(cluster: Cluster) -> None:
    cluster.start()
    assert cluster.log == cluster.data.parent / "logs" / "postgres.log"
    assert "ready to accept connections" in cluster.log.read_text()


def test_log_keeps_no_row(cluster: Cluster) -> None:
    """A row of auth.users holds a password hash, and a failing one would be quoted."""
    cluster.start()
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute("create table secret (kept text check (kept = ''))")
        with pytest.raises(psycopg.errors.CheckViolation, match="hidden"):
            connection.execute("insert into secret values (%s)", ["hidden"])
    assert "secret_kept_check" in cluster.log.read_text()
    assert "hidden" not in cluster.log.read_text()


def test_durable_cluster_syncs(cluster: Cluster) -> None:
    cluster.start()
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("show fsync").fetchone() == ("on",)
        assert connection.execute("show synchronous_commit").fetchone() == ("on",)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")
def test_data_is_for_its_owner_only(cluster: Cluster) -> None:
    cluster.start()
    assert stat.S_IMODE(cluster.placement.data.stat().st_mode) == 0o700


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_folder_that_was_opened_to_others_is_closed_again(cluster: Cluster) -> None:
    cluster.start()
    data = cluster.placement.data
    cluster.stop()
    data.chmod(0o755)
    cluster.start()
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
