"""Whose notes they are, asked of the database itself with the claims of each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import psycopg
import pytest

from hipflask.testing import SignedIn, SupabaseBackend

Connection = psycopg.Connection[tuple[object, ...]]

READS = ["select 1 from public.notes"]
WRITES = [
    "update public.notes set title = 'taken'",
    "delete from public.notes",
    "update public.notes set deleted_at = now()",
]


@pytest.fixture
def ann(signed_in: Callable[..., SignedIn]) -> SignedIn:
    """The owner of the note."""
    return signed_in("ann@example.com")


@pytest.fixture
def bob(signed_in: Callable[..., SignedIn]) -> SignedIn:
    """Somebody else."""
    return signed_in("bob@example.com")


@pytest.fixture
def database(backend: SupabaseBackend, ann: SignedIn) -> Iterator[Connection]:
    """The database with one note of Ann's; every test ends in a rollback."""
    with psycopg.connect(backend.database_url) as connection:
        connection.execute(
            "insert into public.notes (user_id, title, body) values (%s, 'Ann''s', 'hers')",
            [ann.user.id],
        )
        yield connection
        connection.rollback()


def become(database: Connection, role: str, person: SignedIn | None = None) -> None:
    """Do what Supabase does for a request: role and claims, for this transaction."""
    claims = {"role": role, "sub": person.user.id} if person else {"role": role}
    database.execute(
        "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
        [role, json.dumps(claims)],
    )


@pytest.mark.parametrize("statement", READS)
def test_the_owner_reads(database: Connection, ann: SignedIn, statement: str) -> None:
    become(database, "authenticated", ann)
    assert database.execute(statement).rowcount == 1


@pytest.mark.parametrize("statement", READS)
def test_somebody_else_reads_nothing(database: Connection, bob: SignedIn, statement: str) -> None:
    become(database, "authenticated", bob)
    assert database.execute(statement).rowcount == 0


@pytest.mark.parametrize("statement", WRITES)
def test_somebody_else_changes_nothing(database: Connection, bob: SignedIn, statement: str) -> None:
    become(database, "authenticated", bob)
    assert database.execute(statement).rowcount == 0


def test_nobody_writes_in_anothers_name(database: Connection, ann: SignedIn, bob: SignedIn) -> None:
    become(database, "authenticated", bob)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute(
            "insert into public.notes (user_id, title) values (%s, 'forged')", [ann.user.id]
        )


def test_nobody_gives_a_note_away(database: Connection, ann: SignedIn, bob: SignedIn) -> None:
    become(database, "authenticated", ann)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute("update public.notes set user_id = %s", [bob.user.id])


@pytest.mark.parametrize("statement", [*READS, *WRITES])
def test_a_visitor_without_a_session_has_no_right_at_all(
    database: Connection, statement: str
) -> None:
    become(database, "anon")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute(statement)


@pytest.mark.parametrize("role", ["anon", "authenticated"])
@pytest.mark.parametrize("table", ["sessions", "auth_flows"])
def test_what_the_application_keeps_is_closed_to_the_api(
    database: Connection, bob: SignedIn, role: str, table: str
) -> None:
    become(database, role, bob)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.execute(f"select 1 from hipflask.{table}")
