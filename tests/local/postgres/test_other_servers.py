"""Another PostgreSQL instead of the embedded one: its programs, or a running server."""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
import pytest

from hipflask.errors import ConfigError, StackError
from hipflask.local.postgres import (
    Cluster,
    ExternalServer,
    bootstrap,
    create_database,
    drop_database,
    open_server,
)
from hipflask.local.postgres.ports import free_port


def test_embedded_is_the_default(tmp_path: Path) -> None:
    assert isinstance(open_server(tmp_path / "db", port=0, environ={}), Cluster)


def test_url_chooses_a_running_server(tmp_path: Path, server: Cluster) -> None:
    chosen = open_server(tmp_path / "db", port=0, environ={"HIPFLASK_POSTGRES_URL": server.url()})
    assert isinstance(chosen, ExternalServer)
    chosen.start()
    chosen.stop()
    assert not (tmp_path / "db").exists()


def test_running_server_is_bootstrapped(server: Cluster) -> None:
    external = ExternalServer(server.url(database="template1"))
    external.start()
    create_database(external, "on_another_server")
    try:
        bootstrap(external, "on_another_server")
        url = external.url(user="supabase_auth_admin", database="on_another_server")
        with psycopg.connect(url) as connection:
            assert connection.execute("select count(*) from users").fetchone() == (0,)
    finally:
        drop_database(external, "on_another_server")


def test_superuser_of_another_name_is_enough(server: Cluster) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create role boss superuser login password 'postgres'")
    try:
        external = ExternalServer(server.url(user="boss"))
        external.start()
        create_database(external, "of_the_boss")
        bootstrap(external, "of_the_boss")
        drop_database(external, "of_the_boss")
    finally:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("drop role boss")


def test_missing_rights_are_said(server: Cluster) -> None:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("create role clerk login password 'postgres'")
    try:
        with pytest.raises(StackError, match="clerk is no superuser"):
            ExternalServer(server.url(user="clerk")).start()
    finally:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("drop role clerk")


def test_silent_server_is_said_with_the_setting() -> None:
    server = ExternalServer(f"postgresql://postgres:secret@127.0.0.1:{free_port()}/postgres")
    with pytest.raises(StackError, match="cannot be used") as failed:
        server.start()
    assert "HIPFLASK_POSTGRES_URL" in failed.value.hint
    assert "secret" not in failed.value.message


@pytest.mark.parametrize("url", ["", "localhost:5432", "mysql://root@localhost/x"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="HIPFLASK_POSTGRES_URL"):
        ExternalServer(url)


def test_password_is_not_shown() -> None:
    assert "secret" not in repr(ExternalServer("postgresql://postgres:secret@127.0.0.1/x"))


def test_query_of_the_address_is_kept() -> None:
    server = ExternalServer("postgresql://a:b@db.example:6000/x?sslmode=require")
    assert (
        server.url(user="anna", database="shop")
        == "postgresql://anna:b@db.example:6000/shop?sslmode=require"
    )
    assert server.url() == "postgresql://a:b@db.example:6000/x?sslmode=require"


def test_folder_without_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no initdb and no postgres"):
        Cluster(tmp_path / "db", port=0, environ={"HIPFLASK_POSTGRES_BIN": str(tmp_path)}).start()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a script that runs without extension")
def test_programs_too_old_are_refused(tmp_path: Path) -> None:
    for name in ("initdb", "postgres"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n")
        program.chmod(0o755)
    with pytest.raises(ConfigError, match="PostgreSQL 14; 15 or newer"):
        Cluster(tmp_path / "db", port=0, environ={"HIPFLASK_POSTGRES_BIN": str(tmp_path)}).start()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_programs_that_do_not_run_are_quoted(tmp_path: Path) -> None:
    for name in ("initdb", "postgres"):
        program = tmp_path / name
        program.write_text('#!/bin/sh\necho "$0: libssl.so.9: no such file" >&2\nexit 127\n')
        program.chmod(0o755)
    with pytest.raises(ConfigError, match=r"postgres does not run: libssl\.so\.9: no such file$"):
        Cluster(tmp_path / "db", port=0, environ={"HIPFLASK_POSTGRES_BIN": str(tmp_path)}).start()
