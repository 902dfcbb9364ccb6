"""The fixture `backend`, used the way a project's own tests use it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import jwt
import psycopg
import pytest
import urllib3

from hipflask.local.mailbox import Envelope
from hipflask.testing import MovableClock, SignedIn, SupabaseBackend, TestMailbox
from hipflask.testing.factory import BackendFactory


def test_answers_over_http(backend: SupabaseBackend) -> None:
    with urllib3.PoolManager() as http:
        answer = http.request(
            "GET", f"{backend.url}/auth/v1/health", headers={"apikey": backend.publishable_key}
        )
    assert answer.status == 200


def test_database_has_the_projects_tables(backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'public'"
        ).fetchall()
    assert ("notes",) in tables


@pytest.mark.parametrize("attempt", [1, 2])
def test_database_is_fresh(backend: SupabaseBackend, attempt: int) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute("create table public.left_behind ()")


def test_two_backends_share_nothing(
    backend: SupabaseBackend, supabase_factory: BackendFactory
) -> None:
    other = supabase_factory.make()
    try:
        session = backend.signed_in("ann@example.com")
        assert other.url != backend.url
        assert other.secret_key != backend.secret_key
        answer = other.request(
            "GET", "/auth/v1/user", headers={**session.headers, "apikey": other.publishable_key}
        )
        assert answer.status_code == 403
    finally:
        supabase_factory.take_back(other)


def test_signed_in_token_belongs_to_the_user(signed_in: Callable[..., SignedIn]) -> None:
    session = signed_in("ann@example.com")
    claims = jwt.decode(session.access_token, options={"verify_signature": False})
    assert (claims["sub"], claims["email"]) == (session.user.id, "ann@example.com")


def test_the_clock_is_the_backends(backend: SupabaseBackend, clock: MovableClock) -> None:
    session = backend.signed_in("ann@example.com")
    clock.advance(timedelta(hours=2))
    answer = backend.request("GET", "/auth/v1/user", headers=session.headers)
    assert (answer.status_code, answer.get_json()["error_code"]) == (403, "bad_jwt")


@pytest.mark.supabase(auth={"jwt_expiry": 60})
class TestSettings:
    """Markers of a class and of a test are merged."""

    @pytest.mark.supabase(auth={"minimum_password_length": 20})
    def test_both_count(self, backend: SupabaseBackend) -> None:
        assert backend.config.auth.jwt_expiry == 60
        assert backend.config.auth.minimum_password_length == 20

    @pytest.mark.supabase(auth={"jwt_expiry": 30})
    def test_the_nearer_wins(self, backend: SupabaseBackend) -> None:
        assert backend.config.auth.jwt_expiry == 30


def test_environment_is_set(supabase_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    assert supabase_env.items() <= os.environ.items()


def test_a_failed_call_says_what_was_answered(backend: SupabaseBackend) -> None:
    backend.create_user("ann@example.com")
    with pytest.raises(AssertionError, match="email_exists"):
        backend.create_user("ann@example.com")


def test_latest_mail_says_what_is_there_instead(
    backend: SupabaseBackend, mailbox: TestMailbox
) -> None:
    mail = b"Subject: Hello\r\nTo: bob@example.com\r\n\r\nno link, no code\r\n"
    mailbox.store.deliver(mail, Envelope("us@example.com", ("bob@example.com",)))
    with pytest.raises(LookupError, match=r"no mail to ann@.*'Hello' to bob@example.com"):
        mailbox.latest(to="ann@example.com")
    with pytest.raises(LookupError, match="no link"):
        _ = mailbox.latest(to="BOB@example.com").link
    with pytest.raises(LookupError, match="no code"):
        _ = mailbox.latest(subject="hello").code
    with pytest.raises(LookupError, match="came within"):
        mailbox.wait_for(to="ann@example.com", within=timedelta(0))
    mailbox.clear()
    assert len(mailbox) == 0
