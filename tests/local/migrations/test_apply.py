"""Applying migrations: in order, whole or not at all, recorded as the Supabase CLI does."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest

from hipflask.errors import ConfigError, MigrationFailed, PublicTableWithoutRLS, StackError
from hipflask.local.migrations import apply, status
from tests.local.migrations.conftest import MigratedProject
from tests.pgbouncer import pgbouncer

SAFE = "create table {0} (id int); alter table {0} enable row level security;"


def test_applies_in_order_of_the_names(project: MigratedProject) -> None:
    project.write(20240102000000, "alter table a add column b int")
    project.write(20240101000000, SAFE.format("a"))
    done = apply(project.url, project.folder)
    assert [file.version for file in done.migrations] == ["20240101000000", "20240102000000"]
    assert project.exists("public.a")


def test_second_time_there_is_nothing_to_do(project: MigratedProject) -> None:
    project.write(1, SAFE.format("a"))
    apply(project.url, project.folder)
    assert apply(project.url, project.folder).migrations == []


def test_history_is_the_clis(project: MigratedProject) -> None:
    project.write(20240101000000, "-- first\nselect 1;\nselect ';' ;\n", name="two_things")
    apply(project.url, project.folder)
    assert project.rows("select * from supabase_migrations.schema_migrations") == [
        ("20240101000000", ["-- first\nselect 1", "select ';'"], "two_things")
    ]
    columns = project.rows(
        "select column_name, data_type, is_nullable from information_schema.columns"
        " where table_schema = 'supabase_migrations' and table_name = 'schema_migrations'"
        " order by ordinal_position"
    )
    assert columns == [
        ("version", "text", "NO"),
        ("statements", "ARRAY", "YES"),
        ("name", "text", "YES"),
    ]


def test_history_without_names_from_an_old_cli_is_understood(project: MigratedProject) -> None:
    with psycopg.connect(project.url) as connection:
        connection.execute(
            "create table supabase_migrations.schema_migrations (version text primary key)"
        )
        connection.execute("insert into supabase_migrations.schema_migrations values ('1')")
    project.write(1, "select 1/0")
    project.write(2, SAFE.format("a"))
    assert [file.version for file in apply(project.url, project.folder).migrations] == ["2"]


def test_broken_file_is_rolled_back_whole_and_its_line_named(project: MigratedProject) -> None:
    project.write(1, SAFE.format("kept"))
    broken = project.write(
        2,
        SAFE.format("half")
        + "\n\n-- now it goes wrong\ninsert into\n  half (no_such_column)\nvalues (1);\nselect 2;",
    )
    with pytest.raises(MigrationFailed) as failed:
        apply(project.url, project.folder)
    error = failed.value
    assert (error.file, error.line, error.sqlstate) == (broken, 5, "42703")
    assert "no_such_column" in error.reason
    assert error.statement.endswith("values (1)")
    assert "2_change.sql, line 5" in str(error)
    assert project.exists("public.kept")
    assert not project.exists("public.half")
    assert [row.applied for row in status(project.url, project.folder)] == [True, False]


@pytest.mark.parametrize(
    ("script", "line", "sqlstate"),
    [
        ("select 1;\nselect 1/0;", 2, "22012"),
        ("selekt 1", 1, "42601"),
        ("select 'ä中', oops", 1, "42703"),
        ("\n\nselect 'never closed", 3, "42601"),
        ("do $$\nbegin\n  perform 1;\n  raise exception 'no';\nend $$", 4, "P0001"),
        ("select 1;\n\n/* long\n comment */\ncopy t from stdin;", 5, "0A000"),
        (
            "create table t (id int);\nalter table t enable row level security;\nrollback;",
            3,
            "25000",
        ),
        ("create index concurrently i on t (id);\nselect 1;", 1, "25001"),
    ],
)
def test_line_of_a_failure(project: MigratedProject, script: str, line: int, sqlstate: str) -> None:
    project.write(1, script)
    with pytest.raises(MigrationFailed) as failed:
        apply(project.url, project.folder)
    assert (failed.value.line, failed.value.sqlstate) == (line, sqlstate)


def test_detail_and_hint_of_postgres_are_passed_on(project: MigratedProject) -> None:
    project.write(1, "create table t (id int primary key); alter table t enable row level security")
    project.write(2, "insert into t values (1), (1)")
    with pytest.raises(MigrationFailed) as failed:
        apply(project.url, project.folder)
    assert failed.value.detail == "Key (id)=(1) already exists."
    assert failed.value.detail in str(failed.value)


@pytest.mark.parametrize("end", ["commit", "end work", "commit and chain", "end and no chain"])
def test_frames_of_the_file_change_nothing(project: MigratedProject, end: str) -> None:
    project.write(1, f"begin;\n{SAFE.format('a')}\n{end};\nselect 1/0;")
    with pytest.raises(MigrationFailed):
        apply(project.url, project.folder)
    assert not project.exists("public.a")


def test_deferred_check_is_the_files_fault(project: MigratedProject) -> None:
    project.write(
        1,
        f"{SAFE.format('a')} alter table a add primary key (id);\n"
        f"{SAFE.format('b')}\n"
        "alter table b add foreign key (id) references a deferrable initially deferred;\n"
        "insert into b values (1);",
    )
    with pytest.raises(MigrationFailed, match="violates foreign key") as failed:
        apply(project.url, project.folder)
    assert failed.value.line == 4
    assert not project.exists("public.a")


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("copy a from stdin;\n1\n\\.\n", "come from psql"),
        ("COPY public.a (id) FROM STDIN WITH (FORMAT csv);\n1\n", "come from psql"),
        ("\\restrict abc\n", r"\\restrict is a command of psql"),
    ],
)
def test_what_only_psql_can_do_is_said(
    project: MigratedProject, statement: str, reason: str
) -> None:
    project.write(1, f"{SAFE.format('a')}\n{statement}")
    with pytest.raises(MigrationFailed, match=reason) as failed:
        apply(project.url, project.folder)
    assert failed.value.line == 2
    assert not project.exists("public.a")


@pytest.mark.parametrize(
    ("statement", "extension"),
    [
        ('create extension if not exists "uuid-ossp" with schema extensions', "uuid-ossp"),
        ("select extensions.uuid_generate_v4()", "uuid-ossp"),
        ("select crypt('a', gen_salt('bf'))", "pgcrypto"),
        ("create extension pg_cron", "pg_cron"),
        ("select cron.schedule('x', '* * * * *', 'select 1')", "pg_cron"),
        ("select * from vault.decrypted_secrets", "supabase_vault"),
    ],
)
def test_missing_extension_is_named_with_what_to_do(
    project: MigratedProject, statement: str, extension: str
) -> None:
    project.write(1, statement)
    if project.rows(f"select from pg_available_extensions where name = '{extension}'"):
        pytest.skip(f"this server has {extension}")
    with pytest.raises(MigrationFailed) as failed:
        apply(project.url, project.folder)
    assert f"does not have the extension {extension}," in failed.value.advice
    assert "HIPFLASK_POSTGRES_URL" in failed.value.advice


def test_statements_that_ran_alone_are_said_to_be_kept(project: MigratedProject) -> None:
    project.write(1, SAFE.format("a"))
    project.write(
        2, "create index concurrently i on a (id);\ncreate index concurrently j on a (jd);"
    )
    with pytest.raises(MigrationFailed) as failed:
        apply(project.url, project.folder)
    assert failed.value.line == 2
    assert "What the file did before this line was kept" in str(failed.value.hint)
    assert project.exists("public.i")


def test_savepoints_of_the_file_work(project: MigratedProject) -> None:
    project.write(1, f"{SAFE.format('a')} savepoint s; drop table a; rollback to s;")
    apply(project.url, project.folder)
    assert project.exists("public.a")


def test_statements_that_refuse_a_transaction_run_alone(project: MigratedProject) -> None:
    project.write(1, SAFE.format("a"))
    project.write(
        2,
        "-- not in a transaction\nset lock_timeout = '1s';\n"
        "create index concurrently a_id on a (id);\nvacuum a;",
    )
    apply(project.url, project.folder)
    assert project.exists("public.a_id")
    assert all(row.applied for row in status(project.url, project.folder))


def test_settings_of_one_file_do_not_reach_the_next(project: MigratedProject) -> None:
    project.write(1, "select set_config('search_path', '', false); set role authenticated;")
    project.write(2, SAFE.format("a"))
    apply(project.url, project.folder)
    assert project.exists("public.a")


def test_other_files_do_not_count(project: MigratedProject) -> None:
    for name in ("README.md", "notes.sql", "30200101000000_a.sql.bak", "x1_a.sql"):
        (project.folder / name).write_text("select 1/0")
    (project.folder / "20210101000000_init.sql").write_text("select 1/0")  # the CLI skips it too
    assert apply(project.url, project.folder).migrations == []


def test_folder_that_is_not_there_has_no_migrations(project: MigratedProject) -> None:
    assert apply(project.url, project.folder / "nowhere").migrations == []


def test_one_version_in_two_files_is_refused(project: MigratedProject) -> None:
    project.write(1, "select 1", name="a")
    project.write(1, "select 1", name="b")
    with pytest.raises(ConfigError, match=r"1_a\.sql and 1_b\.sql"):
        apply(project.url, project.folder)


def test_file_that_is_not_utf8_is_named(project: MigratedProject) -> None:
    project.write(1, "").write_bytes("select 'ä'".encode("utf-16"))
    with pytest.raises(ConfigError, match=r"1_change\.sql is not UTF-8"):
        apply(project.url, project.folder)


def test_byte_order_mark_is_dropped(project: MigratedProject) -> None:
    project.write(1, "").write_bytes(b"\xef\xbb\xbf" + SAFE.format("a").encode())
    apply(project.url, project.folder)
    assert project.exists("public.a")


def test_new_file_without_sql_waits(project: MigratedProject) -> None:
    project.write(1, SAFE.format("a"))
    project.write(2, "-- soon\n")
    done = apply(project.url, project.folder)
    assert ([file.version for file in done.migrations], done.empty[0].version) == (["1"], "2")
    project.write(2, SAFE.format("b"))
    assert len(apply(project.url, project.folder).migrations) == 1


def test_late_file_is_refused_unless_all_are_wanted(project: MigratedProject) -> None:
    project.write(2, SAFE.format("b"))
    apply(project.url, project.folder)
    project.write(1, SAFE.format("a"))
    with pytest.raises(StackError, match=r"1_change\.sql is older") as refused:
        apply(project.url, project.folder)
    assert "--include-all" in refused.value.hint
    apply(project.url, project.folder, include_all=True)
    assert project.exists("public.a")


def test_file_missing_for_an_applied_version_is_said(project: MigratedProject) -> None:
    path = project.write(1, SAFE.format("a"))
    apply(project.url, project.folder)
    path.unlink()
    with pytest.raises(StackError, match="that the folder lacks: 1"):
        apply(project.url, project.folder)


@pytest.mark.parametrize(
    "script",
    [
        "create table leak (id int)",
        "create table public.leak (id int) partition by range (id)",
        "create table leak as select 1 as id",
        SAFE.format("leak") + "alter table leak disable row level security",
        (
            "create schema other; create table other.leak (id int);"
            "grant select on other.leak to anon; alter table other.leak set schema public"
        ),
    ],
)
def test_public_table_without_rls_is_refused(project: MigratedProject, script: str) -> None:
    path = project.write(1, script)
    with pytest.raises(PublicTableWithoutRLS) as refused:
        apply(project.url, project.folder)
    assert refused.value.tables == ("public.leak",)
    assert refused.value.file == path
    assert "alter table public.leak enable row level security;" in refused.value.hint
    assert not project.exists("public.leak")


def test_the_statement_that_is_proposed_mends_it(project: MigratedProject) -> None:
    project.write(1, 'create table "Odd name" (id int)')
    with pytest.raises(PublicTableWithoutRLS) as refused:
        apply(project.url, project.folder)
    project.write(1, 'create table "Odd name" (id int);' + refused.value.hint.splitlines()[0])
    apply(project.url, project.folder)


@pytest.mark.parametrize(
    "script",
    [
        "create schema internal; create table internal.t (id int)",
        "create table t (id int); revoke all on t from anon, authenticated",
        "create temporary table t (id int)",
        "create view v as select 1 as id",
        "create extension citext schema public",
    ],
)
def test_what_no_api_role_reaches_needs_no_rls(project: MigratedProject, script: str) -> None:
    project.write(1, script)
    assert len(apply(project.url, project.folder).migrations) == 1


def test_older_tables_without_rls_do_not_stop_a_new_file(project: MigratedProject) -> None:
    with psycopg.connect(project.url) as connection:
        connection.execute("create table public.old (id int)")
    project.write(1, SAFE.format("a"))
    assert len(apply(project.url, project.folder).migrations) == 1


def test_two_migrators_at_once_apply_each_file_once(project: MigratedProject) -> None:
    for version in range(1, 9):
        project.write(version, SAFE.format(f"t{version}") + "select pg_sleep(0.01)")
    applied: list[str] = []
    failures: list[BaseException] = []

    def migrate() -> None:
        try:
            done = apply(project.url, project.folder)
            applied.extend(file.version for file in done.migrations)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(applied, key=int) == [str(version) for version in range(1, 9)]


def test_lost_server_is_not_blamed_on_the_file(project: MigratedProject) -> None:
    project.write(1, "select pg_terminate_backend(pg_backend_pid())")
    with pytest.raises((MigrationFailed, psycopg.OperationalError)):
        apply(project.url, project.folder)
    assert [row.applied for row in status(project.url, project.folder)] == [False]


def test_leaves_nothing_prepared_behind_a_pooler(project: MigratedProject, tmp_path: Path) -> None:
    """One connection of the pooler serves many clients: a statement of ours would meet theirs."""
    for number in range(1, 9):
        # After an ALTER psycopg forgets what it has prepared; these leave it alone.
        project.write(number, f"select {number}")
    with pgbouncer(tmp_path, project.server.port, "postgres", pool_size=1) as address:
        url = f"postgresql://{address}/{project.database}"
        assert len(apply(url, project.folder).migrations) == 8
        with psycopg.connect(url, prepare_threshold=None) as connection:
            prepared = connection.execute("select statement from pg_prepared_statements").fetchall()
    assert prepared == []
