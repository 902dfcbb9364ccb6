"""SQL runs as somebody, and nothing of it stays on the connection."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from hipflask.errors import (
    CheckBroken,
    Conflict,
    DatabaseUnavailable,
    NotSignedIn,
    QueryRefused,
    ReferenceBroken,
    RowHidden,
    StatementTimeout,
    TransactionLost,
    ValueMissing,
    ValueRefused,
)
from hipflask.kit.data import ANON, SERVICE, Database
from hipflask.protocol.claims import Claims
from tests.kit.counting_proxy import CountingProxy

WHO_AM_I = (
    "select current_user::text as who, current_setting('role') as role,"
    " coalesce(current_setting('request.jwt.claims', true), '') as claims"
)


@dataclass
class Note:
    id: int
    title: str


def through(proxy: CountingProxy, url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"authenticator:postgres@127.0.0.1:{proxy.port}"))


@pytest.fixture
def proxy(url: str):
    with CountingProxy("127.0.0.1", urlsplit(url).port or 0) as proxy:
        yield proxy


def bare_identity(db: Database) -> tuple[str, str]:
    """What the pool's next connection is, before anything is set on it."""
    with db._pool.connection() as connection:
        row = connection.execute(WHO_AM_I).fetchone()
        assert row is not None
        return row["who"], row["claims"]


def test_nothing_connects_before_first_use() -> None:
    database = Database("postgresql://x:y@127.0.0.1:1/z")
    with database.as_anon():
        pass
    with pytest.raises(DatabaseUnavailable) as caught:
        database.ready()
    assert caught.value.reason == "refused"


def test_user_sees_own_rows_only(db: Database, alice: Claims, bob: Claims) -> None:
    with db.as_user(alice) as tx:
        assert tx.execute("insert into notes (title) values ('a'), ('b')") == 2
    assert db.fetch_all_as(bob, "select * from notes") == []
    assert db.execute_as(bob, "update notes set title = 'stolen'") == 0
    assert len(db.fetch_all_as(alice, "select * from notes")) == 2
    assert len(db.fetch_all_as(SERVICE, "select * from notes")) == 2


def test_anon_may_nothing(db: Database) -> None:
    with pytest.raises(RowHidden) as caught:
        db.fetch_all_as(ANON, "select * from notes")
    assert caught.value.table == "notes"
    with pytest.raises(RowHidden), db.as_anon() as tx:
        tx.fetch_all("select * from notes")


def test_writing_for_somebody_else_is_hidden(db: Database, alice: Claims, bob: Claims) -> None:
    with pytest.raises(RowHidden) as caught, db.as_user(bob) as tx:
        tx.execute("insert into notes (owner, title) values (%s, 'x')", (alice.sub,))
    assert caught.value.table == "notes"


def test_error_rolls_back_and_leaves_nothing(one_connection: Database, alice: Claims) -> None:
    db = one_connection
    login = bare_identity(db)
    assert login == ("authenticator", "")
    with pytest.raises(Conflict), db.as_user(alice) as tx:
        tx.execute("insert into notes (title, slug) values ('a', 's')")
        tx.execute("insert into notes (title, slug) values ('b', 's')")
    assert bare_identity(db) == login
    with pytest.raises(QueryRefused):
        db.fetch_all_as(alice, "select no_such_column")
    assert bare_identity(db) == login
    with pytest.raises(ZeroDivisionError), db.as_user(alice) as tx:
        tx.execute("insert into notes (title) values ('a')")
        _ = 1 / 0
    assert bare_identity(db) == login
    assert db.fetch_all_as(alice, "select * from notes") == []


def test_success_leaves_nothing_either(one_connection: Database, alice: Claims) -> None:
    with one_connection.as_user(alice) as tx:
        row = tx.fetch_one(WHO_AM_I)
    assert row is not None
    assert row["who"] == "authenticated"
    assert alice.sub in row["claims"]
    one_connection.fetch_all_as(alice, WHO_AM_I)
    assert bare_identity(one_connection) == ("authenticator", "")


def test_one_shot_is_one_round_trip(proxy: CountingProxy, url: str, alice: Claims) -> None:
    db = Database(through(proxy, url), pool_size=1)
    db.ready()
    for _ in range(8):  # past psycopg's threshold for preparing statements
        before = proxy.round_trips
        assert db.fetch_all_as(alice, "select title from notes where id > %s", (0,)) == []
        assert proxy.round_trips - before == 1
    before = proxy.round_trips
    db.execute_as(alice, "insert into notes (title) values ('x')")
    assert proxy.round_trips - before == 1
    db.close()


def test_transaction_is_begun_with_its_first_statement(
    proxy: CountingProxy, url: str, alice: Claims
) -> None:
    db = Database(through(proxy, url), pool_size=1)
    db.ready()
    before = proxy.round_trips
    with db.as_user(alice) as tx:
        assert proxy.round_trips == before
        tx.fetch_all("select 1 as one")
        assert proxy.round_trips - before == 1
        tx.fetch_all("select 2 as two")
        assert proxy.round_trips - before == 2
    assert proxy.round_trips - before == 3
    db.close()


def test_lost_connection_is_replaced_unseen(proxy: CountingProxy, url: str, alice: Claims) -> None:
    db = Database(through(proxy, url), pool_size=1)
    assert db.fetch_one_as(alice, "select 1 as one") == {"one": 1}
    proxy.cut()
    assert db.fetch_one_as(alice, "select 1 as one") == {"one": 1}
    assert proxy.connections == 2
    db.close()


def test_connection_lost_inside_a_block(proxy: CountingProxy, url: str, alice: Claims) -> None:
    db = Database(through(proxy, url), pool_size=1)
    with pytest.raises(DatabaseUnavailable), db.as_user(alice) as tx:
        tx.fetch_one("select 1 as one")
        proxy.cut()
        tx.fetch_one("select 1 as one")
    assert db.fetch_one_as(alice, "select 1 as one") == {"one": 1}
    db.close()


def test_rows_as_dataclass(db: Database, alice: Claims) -> None:
    with db.as_user(alice) as tx:
        tx.execute("insert into notes (title) values ('a')")
        assert tx.fetch_one("select id, title from notes", row_type=Note).title == "a"  # type: ignore[union-attr]
    notes = db.fetch_all_as(alice, "select id, title from notes", row_type=Note)
    assert [note.title for note in notes] == ["a"]
    assert db.fetch_one_as(alice, "select id, title from notes where false", row_type=Note) is None


def test_columns_that_do_not_fit_are_named(db: Database, alice: Claims) -> None:
    with pytest.raises(QueryRefused, match="missing \\['title'\\], unknown \\['owner'\\]"):
        db.fetch_all_as(alice, "select id, owner from notes", row_type=Note)
    with pytest.raises(TypeError):
        db.fetch_all_as(alice, "select id, owner from notes", row_type=dict)


def test_values_and_many(db: Database, alice: Claims) -> None:
    with db.as_user(alice) as tx:
        rows = [("a",), ("b",), ("c",)]
        assert tx.execute_many("insert into notes (title) values (%s)", rows) == 3
        assert tx.fetch_value("select count(*) from notes") == 3
        assert tx.fetch_value("select title from notes where false") is None


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("insert into notes (title) values (null)", ValueMissing),
        ("insert into notes (title) values (repeat('x', 21))", CheckBroken),
        ("select 'x'::int", ValueRefused),
        ("select from nowhere", QueryRefused),
        ("selct 1", QueryRefused),
        ("select pg_sleep(60)", StatementTimeout),
    ],
)
def test_errors_are_ours(url: str, alice: Claims, statement: str, error: type) -> None:
    db = Database(url, pool_size=1, statement_timeout_ms=200)
    with pytest.raises(error) as caught:
        db.execute_as(alice, statement)
    assert isinstance(caught.value.__cause__, psycopg.Error)
    with pytest.raises(error), db.as_user(alice) as tx:
        tx.execute(statement)
    assert db.fetch_one_as(alice, "select 1 as one") == {"one": 1}
    db.close()


@pytest.mark.parametrize(
    "escape",
    ["commit and chain", "rollback and chain", "commit; begin", "select 1; commit; begin", "end"],
)
def test_no_statement_escapes_the_role(db: Database, alice: Claims, escape: str) -> None:
    """Each of these leaves a transaction open, or two, of which only the first was ours."""
    seen = set()
    with contextlib.suppress(QueryRefused), db.as_user(alice) as tx:
        seen.add(tx.fetch_value("select current_user::text"))
        tx.execute(escape)
        seen.add(tx.fetch_value("select current_user::text"))
    assert seen == {"authenticated"}
    assert bare_identity(db)[0] != "authenticated"


@pytest.mark.parametrize("successes", range(8))
def test_errors_do_not_spoil_the_connection(url: str, alice: Claims, successes: int) -> None:
    """psycopg prepares a statement at its sixth run; one skipped after an error is not prepared."""
    db = Database(url, pool_size=1)
    for errors in range(8):
        for _ in range(successes):
            assert db.fetch_all_as(alice, "select 1 as one") == [{"one": 1}]
        for _ in range(errors):
            with pytest.raises(ValueRefused):
                db.fetch_all_as(alice, "select 'x'::int")
            with pytest.raises(ValueRefused), db.as_user(alice) as tx:
                tx.fetch_all("select 2 as two")
                tx.fetch_all("select 'x'::int")
    db.close()


def test_savepoints_keep_the_role(db: Database, alice: Claims) -> None:
    with db.as_user(alice) as tx:
        tx.execute("insert into notes (title) values ('kept')")
        tx.execute("savepoint here")
        with pytest.raises(ValueRefused):
            tx.execute("select 'x'::int")
        tx.execute("rollback to savepoint here")
        assert tx.fetch_value("select current_user::text") == "authenticated"
        tx.execute("release savepoint here")
    assert db.fetch_all_as(alice, "select title from notes") == [{"title": "kept"}]


def test_half_a_surrogate_pair_is_a_refused_value(db: Database, alice: Claims) -> None:
    """JSON can carry one; UTF-8 cannot."""
    insert = "insert into notes (title) values (%s)"
    with pytest.raises(ValueRefused):
        db.execute_as(alice, insert, ["\ud800"])
    with pytest.raises(ValueRefused), db.as_user(alice) as tx:
        tx.execute(insert, ["\ud800"])
    with pytest.raises(ValueRefused), db.as_user(alice) as tx:
        tx.execute("select 1")
        tx.execute(insert, ["\ud800"])
    with pytest.raises(ValueRefused), db.as_user(alice) as tx:
        tx.execute_many(insert, [("fine",), ("\udfff",)])
    assert db.fetch_all_as(alice, "select title from notes") == []


def test_conflict_carries_what_its_handler_needs(db: Database, alice: Claims) -> None:
    insert = "insert into notes (title, slug) values ('a', 'same')"
    db.execute_as(alice, insert)
    with pytest.raises(Conflict) as caught:
        db.execute_as(alice, insert)
    error = caught.value
    assert (error.table, error.constraint, error.sqlstate) == ("notes", "notes_slug_key", "23505")
    assert error.detail is None  # PostgreSQL does not show values to whom row-level security holds
    with pytest.raises(Conflict) as caught:
        db.execute_as(
            SERVICE,
            insert.replace("(title", "(owner, title").replace("('a'", "(gen_random_uuid(), 'a'"),
        )
    assert "same" in (caught.value.detail or "")
    assert "same" not in caught.value.message


def test_wrong_number_of_parameters(db: Database, alice: Claims) -> None:
    for _ in range(3):
        with pytest.raises(QueryRefused):
            db.fetch_all_as(alice, "select %s, %s", (1,))
    assert db.fetch_one_as(alice, "select 1 as one") == {"one": 1}


def test_statement_without_rows(db: Database, alice: Claims) -> None:
    with pytest.raises(QueryRefused, match="returns no rows"), db.as_user(alice) as tx:
        tx.fetch_all("insert into notes (title) values ('a')")


def test_caught_error_does_not_pass_for_success(db: Database, alice: Claims) -> None:
    with pytest.raises(QueryRefused, match="nothing of it was saved"), db.as_user(alice) as tx:
        tx.execute("insert into notes (title) values ('a')")
        with pytest.raises(ValueMissing):
            tx.execute("insert into notes (title) values (null)")
    assert db.fetch_all_as(alice, "select * from notes") == []


@pytest.mark.parametrize("ending", ["commit", "rollback"])
def test_sql_may_not_end_the_transaction(db: Database, alice: Claims, ending: str) -> None:
    with pytest.raises(QueryRefused, match="ended the transaction"), db.as_user(alice) as tx:
        tx.execute("select 1")
        tx.execute(ending)
    with pytest.raises(QueryRefused, match="ended the transaction"), db.as_user(alice) as tx:
        tx.execute(ending)


def test_transaction_is_for_one_block(db: Database, alice: Claims) -> None:
    tx = db.as_user(alice)
    with pytest.raises(RuntimeError, match="inside its with block"):
        tx.fetch_all("select 1")
    with tx:
        tx.fetch_all("select 1 as one")
    with pytest.raises(RuntimeError, match="closed"):
        tx.fetch_all("select 1")
    with pytest.raises(RuntimeError, match="twice"), tx:
        pass


def test_nobody_is_no_user(db: Database) -> None:
    with pytest.raises(NotSignedIn):
        db.as_user(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", ["service_role", "postgres", "anon"])
def test_role_of_a_token_must_be_a_users(db: Database, role: str) -> None:
    claims = Claims.from_payload({"sub": "x", "role": role, "iat": 0, "exp": 1})
    with pytest.raises(RowHidden):
        db.as_user(claims)


def test_full_pool_says_so(one_connection: Database, alice: Claims) -> None:
    with one_connection.as_user(alice) as tx:
        tx.execute("select 1")
        with pytest.raises(DatabaseUnavailable) as caught:
            one_connection.ready()
    assert caught.value.reason == "pool_exhausted"
    one_connection.ready()


def test_deadlock_is_retried_once_for_one_shots(
    db: Database, superuser: psycopg.Connection, alice: Claims
) -> None:
    superuser.execute("create sequence if not exists attempts")
    superuser.execute("grant all on sequence attempts to authenticated")
    superuser.execute("alter sequence attempts restart")
    flaky = "select case when nextval('attempts') = 1 then fail_serialization() else 7 end as v"
    superuser.execute(
        "create or replace function fail_serialization() returns int language plpgsql as"
        " $$ begin raise exception 'again' using errcode = '40001'; end $$"
    )
    assert db.fetch_one_as(alice, flaky) == {"v": 7}
    with pytest.raises(TransactionLost):
        db.fetch_one_as(alice, "select fail_serialization()")


def test_threads_share_the_pool(db: Database, alice: Claims, bob: Claims) -> None:
    wrong: list[object] = []

    def work(who: Claims) -> None:
        for _ in range(25):
            row = db.fetch_one_as(who, "select auth.uid()::text as uid")
            if row != {"uid": who.sub}:
                wrong.append(row)

    threads = [threading.Thread(target=work, args=(who,)) for who in (alice, bob)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_forked_child_leaves_the_parents_connections_alone(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen from a process with another id: closing would say goodbye on the parent's socket."""
    db.ready()
    (parents, _) = db._pool._idle[0]
    with monkeypatch.context() as child:
        child.setattr("hipflask.kit.data.pool.os.getpid", lambda: -1)
        db.ready()
        assert not parents.closed
        assert all(each is not parents for each, _ in db._pool._idle)
        db.close()
    assert parents.execute("select 1 as one").fetchone() == {"one": 1}
    parents.close()


def test_works_through_a_transaction_pooler(pgbouncer_url: str, alice: Claims, bob: Claims) -> None:
    db = Database(pgbouncer_url, pool_size=3, pooled=True)
    for number in range(8):
        db.execute_as(alice, "insert into notes (title) values (%s)", (str(number),))
        assert db.fetch_all_as(bob, "select * from notes where id > %s", (0,)) == []
    with db.as_user(alice) as first, db.as_user(bob) as second:
        assert first.fetch_value("select count(*) from notes") == 8
        assert second.fetch_value("select count(*) from notes") == 0
    with pytest.raises(Conflict), db.as_user(alice) as tx:
        tx.execute("insert into notes (title, slug) values ('a', 's'), ('b', 's')")
    with psycopg.connect(pgbouncer_url, autocommit=True, prepare_threshold=None) as connection:
        row = connection.execute(WHO_AM_I).fetchone()
        assert row is not None
        assert (row[0], row[2]) == ("authenticator", "")
    db.close()


def test_repr_has_no_password(db: Database) -> None:
    assert "postgres:" not in repr(db)


def test_a_server_that_falls_silent_is_not_waited_for(
    url: str, proxy: CountingProxy, alice: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a pooler that is stuck: the connection stands, and nothing comes.
    monkeypatch.setattr("hipflask.kit.data.database.MARGIN_SECONDS", 0.3)
    address = f"{through(proxy, url)}?connect_timeout=2"
    db = Database(address, pool_size=1, statement_timeout_ms=200)
    assert db.fetch_one_as(alice, "select 1 as n") == {"n": 1}
    proxy.silent = True
    started = time.monotonic()
    with pytest.raises(DatabaseUnavailable) as caught:
        db.fetch_one_as(alice, "select 2 as n")
    assert caught.value.reason == "timeout"
    with pytest.raises(DatabaseUnavailable), db.as_user(alice) as tx:
        tx.fetch_one("select 3")
    proxy.silent = False
    assert db.fetch_one_as(alice, "select 4 as n") == {"n": 4}  # by another connection
    assert 0.5 < time.monotonic() - started < 6
    db.close()


def test_what_is_sent_ahead_fails_with_its_own_error(
    one_connection: Database, alice: Claims
) -> None:
    with (
        one_connection._pool.connection() as connection,
        pytest.raises(psycopg.errors.InvalidParameterValue),
        connection.pipeline(),
    ):
        connection.send_ahead(b"BEGIN")
        connection.send_ahead(b"select set_config('role', $1, true)", "nobody_of_that_name")
    row = one_connection.fetch_one_as(alice, "select current_user as name")
    assert row == {"name": "authenticated"}


def test_a_commit_that_fails_is_an_error_and_saves_nothing(
    one_connection: Database, superuser: psycopg.Connection, alice: Claims
) -> None:
    superuser.execute(
        """create table late (
             id int primary key,
             above int references late deferrable initially deferred);
           grant all on late to authenticated"""
    )
    try:
        for _ in range(20):  # whether the answer comes in one piece or in two
            with pytest.raises(ReferenceBroken):
                one_connection.execute_as(alice, "insert into late values (1, 99)")
        assert one_connection.fetch_all_as(alice, "select * from late") == []
    finally:
        superuser.execute("drop table late")
