"""Rows that nobody can use any more go; all others stay."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from hipflask.local.auth.cleanup import INTERVAL, OVER, Cleanup
from hipflask.local.auth.context import Pool
from hipflask.local.config.auth import MFATypeConfig
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import AuthService

DAY = timedelta(days=1)
TABLES = tuple(OVER)


def cleaned(auth: AuthService, table: str) -> int:
    return Cleanup(auth.context.pool, auth.context.config).clean(table, auth.clock.now())


def begin_flow(auth: AuthService) -> None:
    auth.sign_up()
    body = {"email": "ada@example.com", "code_challenge": "x" * 43, "code_challenge_method": "s256"}
    assert auth.post("/recover", body).status_code == 200


def test_flows_go_after_a_day(auth: AuthService) -> None:
    begin_flow(auth)
    auth.clock.advance(DAY)
    assert cleaned(auth, "flow_state") == 0
    auth.clock.advance(timedelta(seconds=1))
    assert cleaned(auth, "flow_state") == 1
    assert auth.count("auth.flow_state") == 0


def test_tokens_of_mails_go_when_they_have_long_expired(auth: AuthService) -> None:
    begin_flow(auth)
    auth.clock.advance(2 * DAY)
    assert cleaned(auth, "one_time_tokens") == 0
    auth.clock.advance(timedelta(seconds=1))
    assert cleaned(auth, "one_time_tokens") == 1


def test_a_mail_that_lives_longer_keeps_its_token(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"otp_expiry": 7 * 86_400})
    begin_flow(auth)
    auth.clock.advance(8 * DAY)
    assert cleaned(auth, "one_time_tokens") == 0
    auth.clock.advance(timedelta(seconds=1))
    assert cleaned(auth, "one_time_tokens") == 1


def test_revoked_refresh_tokens_go_after_a_month(auth: AuthService) -> None:
    first = auth.sign_up()["refresh_token"]
    second = auth.refresh(first).json["refresh_token"]
    auth.clock.advance(30 * DAY)
    assert cleaned(auth, "refresh_tokens") == 0
    auth.clock.advance(timedelta(seconds=1))
    assert cleaned(auth, "refresh_tokens") == 1
    assert auth.refresh(second).status_code == 200


def test_sessions_stay_where_nothing_ends_them(auth: AuthService) -> None:
    auth.sign_up()
    auth.clock.advance(1000 * DAY)
    assert cleaned(auth, "sessions") == 0


@pytest.mark.parametrize("rule", ["timebox", "inactivity_timeout"])
def test_sessions_go_a_day_after_their_end(make_auth: MakeAuth, rule: str) -> None:
    auth = make_auth(sessions={rule: timedelta(hours=8)})
    auth.sign_up()
    auth.clock.advance(DAY + timedelta(hours=8))
    assert cleaned(auth, "sessions") == 0
    auth.clock.advance(timedelta(seconds=1))
    assert cleaned(auth, "sessions") == 1


def test_a_session_in_use_stays(make_auth: MakeAuth) -> None:
    auth = make_auth(sessions={"inactivity_timeout": timedelta(hours=8)})
    refresh_token = auth.sign_up()["refresh_token"]
    auth.clock.advance(timedelta(hours=7))
    auth.refresh(refresh_token)
    auth.clock.advance(DAY + timedelta(hours=7))
    assert cleaned(auth, "sessions") == 0
    auth.clock.advance(timedelta(hours=2))
    assert cleaned(auth, "sessions") == 1


def test_a_session_with_a_last_day(auth: AuthService) -> None:
    auth.sign_up()
    auth.database.execute("update auth.sessions set not_after = %s", (auth.clock.now(),))
    auth.clock.advance(3 * DAY)
    assert cleaned(auth, "sessions") == 0
    auth.clock.advance(timedelta(seconds=1))
    assert cleaned(auth, "sessions") == 1


def test_factors_that_were_never_finished(make_auth: MakeAuth) -> None:
    auth = make_auth(mfa={"totp": MFATypeConfig(enroll_enabled=True, verify_enabled=True)})
    bearer = auth.sign_up()["access_token"]
    assert auth.post("/factors", {"factor_type": "totp"}, bearer=bearer).status_code == 200
    factor_id = auth.row("select id from auth.mfa_factors")[0]
    asked = auth.post(f"/factors/{factor_id}/challenge", {}, bearer=bearer)
    assert asked.status_code == 200
    auth.clock.advance(DAY + timedelta(seconds=1))
    assert cleaned(auth, "mfa_challenges") == 1
    assert cleaned(auth, "mfa_factors") == 1


def test_a_verified_factor_stays(auth: AuthService) -> None:
    user_id = auth.sign_up()["user"]["id"]
    auth.database.execute(
        """insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)
           values (%s, %s, 'totp', 'verified', %s, %s)""",
        (uuid4(), user_id, auth.clock.now(), auth.clock.now()),
    )
    auth.clock.advance(1000 * DAY)
    assert cleaned(auth, "mfa_factors") == 0


@pytest.mark.parametrize("table", TABLES)
def test_every_statement_runs(auth: AuthService, table: str) -> None:
    assert cleaned(auth, table) >= 0


def test_rows_that_somebody_holds_are_left(auth: AuthService) -> None:
    begin_flow(auth)
    auth.clock.advance(2 * DAY)
    with auth.context.pool.connection() as other, other.transaction():
        other.execute("select from auth.flow_state for update")
        assert cleaned(auth, "flow_state") == 0
    assert cleaned(auth, "flow_state") == 1


def test_requests_that_change_something_clean_up_in_turn(auth: AuthService) -> None:
    begin_flow(auth)
    auth.clock.advance(2 * DAY)
    auth.get("/settings")
    auth.post("/token?grant_type=password", {"email": "ada@example.com", "password": "wrong"})
    assert auth.count("auth.flow_state") == 1, "neither of these changed anything"
    for _ in TABLES:
        auth.clock.advance(INTERVAL)
        auth.sign_in()
    assert auth.count("auth.flow_state") == 0


def test_many_requests_cost_one_clean_up(auth: AuthService) -> None:
    begin_flow(auth)
    auth.clock.advance(2 * DAY)
    auth.sign_in()
    begun = auth.count("auth.flow_state")
    auth.database.execute("update auth.flow_state set created_at = created_at")
    for _ in range(2 * len(TABLES)):
        auth.sign_in()
    assert auth.count("auth.flow_state") == begun


def test_a_failure_is_no_failure_of_the_request(
    pool: Pool, auth: AuthService, caplog: pytest.LogCaptureFixture
) -> None:
    closed: Pool = ConnectionPool(pool.conninfo, open=False)
    cleanup = Cleanup(closed, auth.context.config)
    now = auth.clock.now()
    cleanup.maybe(now)
    with caplog.at_level(logging.WARNING):
        cleanup.maybe(now + INTERVAL)
    assert "was not cleaned up" in caplog.text
    with pytest.raises(psycopg.OperationalError):
        cleanup.clean("flow_state", now)
