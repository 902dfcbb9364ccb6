"""`hipflask db`, run as people run it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from hipflask.cli.db_target import Target
from hipflask.errors import StackError
from hipflask.local.postgres import Cluster, bootstrap
from hipflask.local.postgres.ports import free_port
from hipflask.local.project import Project

SAFE = "create table public.{0} (id int);\nalter table {0} enable row level security;\n"


@dataclass(frozen=True)
class Shell:
    """A shell that stands in a project's folder."""

    folder: Path
    port: int

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `hipflask db …` and check its exit code."""
        ended = subprocess.run(
            [sys.executable, "-m", "hipflask.cli", "db", *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert ended.returncode == code, ended.stderr
        return ended

    def migration(self, version: int, script: str) -> Path:
        """Write a migration."""
        path = self.folder / f"supabase/migrations/{version}_change.sql"
        path.write_text(script, encoding="utf-8")
        return path


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A project without migrations whose stack does not run."""
    port = free_port()
    (tmp_path / "supabase/migrations").mkdir(parents=True)
    (tmp_path / "supabase/config.toml").write_text(f'project_id = "t"\n[db]\nport = {port}\n')
    return Shell(tmp_path, port)


def test_new_prints_the_path_alone_on_standard_output(shell: Shell) -> None:
    ended = shell.run("new", "create notes")
    path = shell.folder / ended.stdout.strip()
    assert path.is_file()
    assert path.name.endswith("_create_notes.sql")
    assert "hipflask db up" in ended.stderr


def test_up_applies_while_the_stack_is_stopped(shell: Shell) -> None:
    shell.migration(1, SAFE.format("a"))
    assert "1_change.sql" in shell.run("up").stderr
    assert "Nothing to apply" in shell.run("up").stderr
    found = json.loads(shell.run("status", "-o", "json").stdout)
    assert found == [{"version": "1", "name": "change", "in_folder": True, "applied": True}]


def test_up_works_on_a_server_that_runs_already(shell: Shell) -> None:
    shell.migration(1, SAFE.format("a"))
    cluster = Cluster(shell.folder / ".hipflask/db", port=shell.port, durable=False)
    cluster.start()
    try:
        bootstrap(cluster)
        shell.run("up")
        assert cluster.server_pid is not None, "the command must not stop it"
    finally:
        cluster.stop()


def test_broken_migration_is_one_clear_error(shell: Shell) -> None:
    shell.migration(1, "select 1;\n\nselekt 2;")
    ended = shell.run("up", code=1)
    assert 'Error: 1_change.sql, line 3: syntax error at or near "selekt"' in ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


def test_table_without_rls_is_refused_with_the_statement_that_mends_it(shell: Shell) -> None:
    shell.migration(1, "create table public.open (id int)")
    ended = shell.run("up", code=1)
    assert "alter table public.open enable row level security;" in ended.stderr


def test_status_says_what_to_do_next(shell: Shell) -> None:
    assert "hipflask db new" in shell.run("status").stderr
    path = shell.migration(1, SAFE.format("a"))
    ended = shell.run("status")
    assert "not applied" in ended.stdout
    assert "hipflask db up" in ended.stderr
    shell.run("up")
    path.unlink()
    ended = shell.run("status")
    assert "file missing" in ended.stdout
    assert "hipflask db reset" in ended.stderr


def test_reset_starts_over_with_seeds(shell: Shell) -> None:
    shell.migration(1, SAFE.format("a"))
    (shell.folder / "supabase/seed.sql").write_text("insert into a values (7);")
    shell.run("up")
    assert "seed.sql" in shell.run("reset", "--yes").stderr
    assert "7" in shell.run("psql", "-At", "-c", "select id from a").stdout


def test_reset_asks_first(shell: Shell) -> None:
    shell.migration(1, SAFE.format("a"))
    shell.run("up")
    ended = shell.run("reset", code=130)
    assert "Delete everything in postgres on 127.0.0.1" in ended.stderr
    assert "applied" in shell.run("status").stdout


def test_reset_leaves_other_machines_alone(shell: Shell) -> None:
    target = Target(Project(shell.folder), "postgresql://a:b@db.example.com:5432/postgres", {})
    with pytest.raises(StackError, match=r"postgres on db\.example\.com:5432 is not on this"):
        target.server_to_reset()


def test_psql_passes_its_exit_code_on(shell: Shell) -> None:
    shell.run("psql", "-v", "ON_ERROR_STOP=1", "-c", "select 1/0", code=1)


def test_other_database_by_address(shell: Shell, tmp_path: Path) -> None:
    shell.migration(1, SAFE.format("a"))
    other = Cluster(tmp_path / "other/db", port=0, durable=False)
    other.start()
    try:
        bootstrap(other)
        shell.run("up", "--db-url", other.url())
        assert "applied" in shell.run("status", "--db-url", other.url()).stdout
    finally:
        other.stop()
    assert not (shell.folder / ".hipflask/db").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://postgres:secret@127.0.0.1:{port}/x", "cannot be used"),
        ("localhost:5432", "--db-url is not the address"),
    ],
)
def test_bad_address_is_explained(shell: Shell, url: str, said: str) -> None:
    ended = shell.run("up", "--db-url", url.format(port=free_port()), code=1)
    assert said in ended.stderr
    assert "secret" not in ended.stderr


def test_outside_a_project_it_says_so(tmp_path: Path) -> None:
    ended = Shell(tmp_path, 0).run("up", code=1)
    assert "No supabase/config.toml" in ended.stderr
