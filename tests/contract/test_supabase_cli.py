"""The real Supabase CLI against the embedded database: one history, whoever writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.local.migrations import apply, find_seeds, status
from tests.contract.supabase_cli import SupabaseCLI, find_supabase_cli
from tests.local.postgres.conftest import bootstrapped, database, server

__all__ = ["bootstrapped", "database", "server"]  # fixtures

NOTES = """\
-- Notes of users; each sees their own.
create table public.notes (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  title text not null check (title <> ';'),
  tags text[] default '{}'
);
alter table public.notes enable row level security;
create policy "own notes" on public.notes for all to authenticated
  using ((select auth.uid()) = user_id);
"""
TRICKY = """\
/* A comment; with a semicolon /* nested; */ */
create function public.note_count() returns bigint language plpgsql as $fn$
begin
  -- not the end;
  return (select count(*) from public.notes where title <> $$;$$);
end;
$fn$;;

create function public.one() returns int language sql begin atomic; select 1; end;
create rule no_delete as on delete to public.notes do instead (select 1; select 2);
comment on table public.notes is 'it''s "quoted"; -- really';
insert into auth.users (id, email) values ('8f7b1c1e-0000-4000-8000-000000000001', 'a@b.c') ;
-- the end
"""
TABLE = "create table public.{0} (id int); alter table public.{0} enable row level security;"


@pytest.fixture(scope="session")
def program() -> str:
    """The path of the CLI."""
    return find_supabase_cli()


@pytest.fixture
def supabase_cli(program: str, tmp_path: Path) -> SupabaseCLI:
    """The CLI in a project of its own with the migrations above."""
    migrations = tmp_path / "supabase/migrations"
    migrations.mkdir(parents=True)
    (tmp_path / "supabase/config.toml").write_text('project_id = "contract"\n')
    (migrations / "20260101000000_notes.sql").write_text(NOTES)
    (migrations / "20260101000001_tricky.sql").write_text(TRICKY)
    return SupabaseCLI(program, tmp_path)


@pytest.fixture
def url(server: Any, database: str) -> Iterator[str]:
    """The address of a bootstrapped database of the test's own."""
    return server.url(database=database)


def history(url: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "select version, name, statements from supabase_migrations.schema_migrations"
            " order by version"
        ).fetchall()


def test_cli_shows_as_applied_what_we_applied(supabase_cli: SupabaseCLI, url: str) -> None:
    folder = supabase_cli.folder / "supabase/migrations"
    apply(url, folder)
    assert supabase_cli.migrations(url) == [
        ("20260101000000", "20260101000000"),
        ("20260101000001", "20260101000001"),
    ]
    assert "up to date" in supabase_cli("db", "push", f"--remote={url}", "--yes")


def test_we_understand_what_the_cli_applied(supabase_cli: SupabaseCLI, url: str) -> None:
    folder = supabase_cli.folder / "supabase/migrations"
    supabase_cli("db", "push", f"--remote={url}", "--yes")
    assert all(row.applied and row.in_folder for row in status(url, folder))
    assert apply(url, folder).migrations == []


def test_both_write_the_same_history(
    supabase_cli: SupabaseCLI, url: str, server: Any, bootstrapped: str
) -> None:
    folder = supabase_cli.folder / "supabase/migrations"
    supabase_cli("db", "push", f"--remote={url}", "--yes")
    written_by_cli = history(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "drop table public.notes cascade; drop function public.note_count, public.one;"
            " truncate auth.users cascade; truncate supabase_migrations.schema_migrations"
        )
    apply(url, folder)
    assert history(url) == written_by_cli


def test_taking_turns(supabase_cli: SupabaseCLI, url: str) -> None:
    folder = supabase_cli.folder / "supabase/migrations"
    apply(url, folder)
    (folder / "20260101000002_by_the_cli.sql").write_text(TABLE.format("theirs"))
    supabase_cli("db", "push", f"--remote={url}", "--yes")
    (folder / "20260101000003_by_us.sql").write_text(TABLE.format("ours"))
    assert [file.name for file in apply(url, folder).migrations] == ["by_us"]
    versions = [f"2026010100000{number}" for number in range(4)]
    assert supabase_cli.migrations(url) == [(version, version) for version in versions]


def test_cli_sees_what_is_pending(supabase_cli: SupabaseCLI, url: str) -> None:
    folder = supabase_cli.folder / "supabase/migrations"
    apply(url, folder)
    (folder / "20260101000002_pending.sql").write_text(TABLE.format("pending"))
    assert supabase_cli.migrations(url)[-1] == ("20260101000002", "")


def test_we_follow_a_repaired_history(supabase_cli: SupabaseCLI, url: str) -> None:
    folder = supabase_cli.folder / "supabase/migrations"
    supabase_cli(
        "migration", "repair", "--status", "applied", "20260101000000", f"--remote={url}", "--yes"
    )
    assert [row.applied for row in status(url, folder)] == [True, False]


def test_seeds_are_recorded_alike(supabase_cli: SupabaseCLI, url: str) -> None:
    supabase = supabase_cli.folder / "supabase"
    (supabase / "seed.sql").write_text("update auth.users set phone = '1;2';\n")
    (supabase / "config.toml").write_text(
        'project_id = "contract"\n[db.seed]\nenabled = true\nsql_paths = ["./seed.sql"]\n'
    )
    supabase_cli("db", "push", "--include-seed", f"--remote={url}", "--yes")
    seeds = find_seeds(supabase, ["./seed.sql"])
    with psycopg.connect(url) as connection:
        recorded = connection.execute("select path from supabase_migrations.seed_files").fetchall()
    assert recorded == [(seeds[0].recorded_as,)]
    assert apply(url, supabase / "migrations", seeds=seeds).seeds == []


def test_types_are_generated(supabase_cli: SupabaseCLI, url: str) -> None:
    apply(url, supabase_cli.folder / "supabase/migrations")
    types = supabase_cli(
        "gen", "types", "--lang", "typescript", "--schema", "public", f"--remote={url}"
    )
    # Quoted or not: that depends on whether a formatter was there.
    assert re.search(r'"?notes"?: \{\s*Row: \{', types)
    assert re.search(r'"?user_id"?: string\b', types)
    assert re.search(r'"?note_count"?:', types)
