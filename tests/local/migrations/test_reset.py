"""Starting over, and the seed files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg
import pytest

from hipflask.errors import MigrationFailed
from hipflask.local.migrations import apply, find_seeds, reset
from hipflask.local.postgres import Cluster, bootstrap
from tests.local.migrations.conftest import MigratedProject
from tests.local.migrations.test_apply import SAFE


def start_over(project: MigratedProject, *patterns: str) -> list[str]:
    seeds = find_seeds(project.supabase, patterns)
    done = reset(project.server, project.folder, database=project.database, seeds=seeds)
    return [seed.recorded_as for seed in done.seeds]


def test_everything_is_new(project: MigratedProject) -> None:
    project.write(1, SAFE.format("a"))
    apply(project.url, project.folder)
    with psycopg.connect(project.url) as connection:
        connection.execute("insert into auth.users (id) values (gen_random_uuid())")
        connection.execute("create table by_hand (id int)")
    start_over(project)
    assert project.rows("select count(*) from auth.users") == [(0,)]
    assert project.exists("public.a")
    assert not project.exists("public.by_hand")


def test_roles_of_migrations_are_made_anew(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "1_role.sql").write_text("create role app_reader nologin; grant anon to app_reader")
    cluster.start()
    bootstrap(cluster)
    apply(cluster.url(), tmp_path)
    done = reset(cluster, tmp_path, own_server=True)
    assert len(done.migrations) == 1
    with psycopg.connect(cluster.url(user="authenticator")) as connection:
        connection.execute("set role anon")


def test_open_sessions_are_ended(project: MigratedProject) -> None:
    connection = psycopg.connect(project.url)
    start_over(project)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("select 1")
    connection.close()


def test_broken_migration_leaves_those_before_it(project: MigratedProject) -> None:
    project.write(1, SAFE.format("a"))
    project.write(2, "selekt")
    with pytest.raises(MigrationFailed):
        start_over(project)
    assert project.exists("public.a")


def test_unreadable_folder_destroys_nothing(project: MigratedProject) -> None:
    project.write(1, SAFE.format("a"))
    apply(project.url, project.folder)
    project.write(2, "").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Exception, match="not UTF-8"):
        start_over(project)
    assert project.exists("public.a")


def test_seeds_run_after_the_migrations(project: MigratedProject) -> None:
    project.write(1, SAFE.format("a"))
    (project.supabase / "seed.sql").write_text("insert into a values (7);\nselect ';';")
    assert start_over(project, "./seed.sql") == ["supabase/seed.sql"]
    assert project.rows("select id from a") == [(7,)]


def test_seeds_are_recorded_as_the_cli_does(project: MigratedProject) -> None:
    seed = project.supabase / "seed.sql"
    seed.write_bytes(b"select 1;")
    start_over(project, "./seed.sql")
    assert project.rows("select * from supabase_migrations.seed_files") == [
        ("supabase/seed.sql", hashlib.sha256(b"select 1;").hexdigest())
    ]


def test_seed_runs_once_even_when_it_changes(project: MigratedProject) -> None:
    project.write(1, SAFE.format("a"))
    seed = project.supabase / "seed.sql"
    seed.write_text("insert into a values (1)")
    start_over(project, "./seed.sql")
    seed.write_text("insert into a values (2)")
    done = apply(project.url, project.folder, seeds=find_seeds(project.supabase, ["./seed.sql"]))
    assert done.seeds == []
    assert project.rows("select id from a") == [(1,)]


def test_patterns_name_seeds_in_order_and_once(project: MigratedProject) -> None:
    (project.supabase / "seeds").mkdir()
    for name in ("b.sql", "a.sql"):
        (project.supabase / "seeds" / name).write_text("select 1")
    found = find_seeds(project.supabase, ["./seeds/*.sql", "seeds/a.sql", "missing.sql"])
    assert [seed.recorded_as for seed in found] == ["supabase/seeds/a.sql", "supabase/seeds/b.sql"]


def test_broken_seed_is_named(project: MigratedProject) -> None:
    (project.supabase / "seed.sql").write_text("select 1;\nselect 1/0;")
    with pytest.raises(MigrationFailed, match=r"seed\.sql, line 2"):
        start_over(project, "./seed.sql")
