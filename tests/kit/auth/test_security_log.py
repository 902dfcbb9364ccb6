"""What is written into the log of an account, and that it never stands in the way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from flask import Flask

from hipflask import HipFlask
from hipflask.kit.auth.security_log import KEPT, MOST_FAILURES, SecurityEvent
from hipflask.kit.auth.user import User
from hipflask.protocol.claims import Claims
from hipflask.testing import SupabaseBackend

ADA, EVE = "ada@example.com", "eve@example.com"


@pytest.fixture
def hip() -> HipFlask:
    """The extension."""
    return HipFlask()


@pytest.fixture
def site(backend: SupabaseBackend, hip: HipFlask) -> Iterator[Flask]:
    """An app without pages."""
    app = Flask(__name__)
    environ = {
        **backend.environment,
        "SECRET_KEY": "tests-only-7Zk2v9Qp4Lx8Wd3Rb6",
        "SITE_URL": "http://localhost",
    }
    hip.init_app(app, environ=environ, clock=backend.clock)
    yield app
    app.extensions["hipflask"].close()


def user_of(backend: SupabaseBackend, email: str) -> User:
    identifier = str(backend.create_user(email).id)
    now = int(backend.clock.now().timestamp())
    payload = {"sub": identifier, "role": "authenticated", "iat": now, "exp": now + 60}
    return User.from_claims(Claims.from_payload(payload))


def entries(hip: HipFlask, user: User) -> list[SecurityEvent]:
    return hip.auth.security_log.page(user, limit=100)


def test_an_entry_tells_what_and_from_where(
    site: Flask, hip: HipFlask, backend: SupabaseBackend
) -> None:
    ada, eve = user_of(backend, ADA), user_of(backend, EVE)
    visit = {"REMOTE_ADDR": "203.0.113.9"}
    with site.test_request_context(
        environ_base=visit, headers={"User-Agent": "Firefox/1 " + "x" * 900}
    ):
        hip.auth.security_log.record(ada.id, "factor_added", kind="totp", name="Télé\0phone")
        [entry] = entries(hip, ada)
        assert entries(hip, eve) == []
    assert (entry.event, entry.address) == ("factor_added", "203.0.113.9")
    assert entry.details == {"kind": "totp", "name": "Téléphone"}
    assert len(entry.user_agent) == 400
    assert backend.clock.now() - entry.created_at < timedelta(seconds=10)


def test_outside_a_request_nothing_is_known_of_a_visitor(
    site: Flask, hip: HipFlask, backend: SupabaseBackend
) -> None:
    ada = user_of(backend, ADA)
    with site.app_context():
        hip.auth.security_log.record(ada.id, "swept")
        [entry] = entries(hip, ada)
    assert (entry.address, entry.user_agent, entry.details) == ("", "", {})


def test_failed_sign_ins_are_kept_for_known_addresses_and_not_without_end(
    site: Flask, hip: HipFlask, backend: SupabaseBackend
) -> None:
    ada = user_of(backend, ADA)
    with site.test_request_context():
        log = hip.auth.security_log
        log.record_failed_sign_in("nobody@example.com")
        for _ in range(MOST_FAILURES + 5):
            log.record_failed_sign_in("ADA@example.com")
        assert len(entries(hip, ada)) == MOST_FAILURES
        backend.clock.advance(hours=2)
        log.record_failed_sign_in(ADA)
        assert len(entries(hip, ada)) == MOST_FAILURES + 1


def test_old_entries_are_neither_shown_nor_kept(
    site: Flask, hip: HipFlask, backend: SupabaseBackend
) -> None:
    ada = user_of(backend, ADA)
    with site.test_request_context():
        hip.auth.security_log.record(ada.id, "old")
        backend.clock.advance(seconds=(KEPT + timedelta(days=1)).total_seconds())
        assert entries(hip, ada) == []
        hip.auth.security_log.record(ada.id, "new")
    with psycopg.connect(backend.database_url) as connection:
        found = connection.execute("select event from public.security_events").fetchall()
    assert found == [("new",)]


def test_everything_comes_page_by_page(
    site: Flask, hip: HipFlask, backend: SupabaseBackend
) -> None:
    ada = user_of(backend, ADA)
    with psycopg.connect(backend.database_url) as connection:
        connection.execute(
            "insert into public.security_events (user_id, event, created_at)"
            " select %s, 'e', %s from generate_series(1, 450)",
            [ada.id, backend.clock.now()],
        )
    with site.test_request_context():
        found = [entry.id for entry in hip.auth.security_log.everything(ada)]
    assert len(found) == 450
    assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("event", ["Not A Name", "", "x" * 61, "a\0b"])
def test_what_cannot_be_written_is_reported_and_no_more(
    site: Flask,
    hip: HipFlask,
    backend: SupabaseBackend,
    caplog: pytest.LogCaptureFixture,
    event: str,
) -> None:
    ada = user_of(backend, ADA)
    with site.test_request_context():
        hip.auth.security_log.record(ada.id, event)
        hip.auth.security_log.record("00000000-0000-4000-8000-000000000000", "gone")
        assert entries(hip, ada) == []
    assert "the security log was not written" in caplog.text


def test_a_project_without_the_table_goes_on(
    site: Flask, hip: HipFlask, backend: SupabaseBackend, caplog: pytest.LogCaptureFixture
) -> None:
    ada = user_of(backend, ADA)
    with psycopg.connect(backend.database_url) as connection:
        connection.execute("drop table public.security_events")
    with site.test_request_context():
        hip.auth.security_log.record(ada.id, "signed_in")
    assert "the security log was not written" in caplog.text
