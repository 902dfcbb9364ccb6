"""POST /token?grant_type=refresh_token."""

from __future__ import annotations

import base64
import hashlib
import threading
from datetime import timedelta
from typing import Any

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import PASSWORD, AuthService, Reply, assert_refused, claims_of


def used_up(auth: AuthService) -> tuple[str, str]:
    """Return a token that was traded twice over, and the token that is now alive."""
    first = auth.sign_up()["refresh_token"]
    second = auth.refresh(first).json["refresh_token"]
    return first, auth.refresh(second).json["refresh_token"]


def test_trades_the_token_within_the_session(auth: AuthService) -> None:
    before = auth.sign_up()
    auth.clock.advance(minutes=50)
    answer = auth.refresh(before["refresh_token"])
    after = answer.json
    old, new = claims_of(before["access_token"]), claims_of(after["access_token"])
    assert after["refresh_token"] != before["refresh_token"]
    assert new["session_id"] == old["session_id"]
    assert new["amr"] == old["amr"]
    assert new["iat"] == old["iat"] + 3000
    assert "weak_password" not in after
    assert after["user"]["id"] == before["user"]["id"]
    assert auth.count("auth.refresh_tokens", "not revoked") == 1
    assert auth.audit_actions()[-2:] == ["token_refreshed", "token_revoked"]


def test_notes_who_refreshed_last(auth: AuthService) -> None:
    tokens = auth.sign_up()
    auth.clock.advance(minutes=5)
    auth.post(
        "/token?grant_type=refresh_token",
        {"refresh_token": tokens["refresh_token"]},
        headers={"User-Agent": "new", "X-Forwarded-For": "203.0.113.9"},
    )
    row = auth.row(
        "select user_agent, host(ip), refreshed_at at time zone 'utc' from auth.sessions"
    )
    assert row == ("new", "203.0.113.9", auth.clock.now())


def test_second_use_gets_the_same_successor(auth: AuthService) -> None:
    token = auth.sign_up()["refresh_token"]
    first = auth.refresh(token).json["refresh_token"]
    auth.clock.advance(days=3)  # the client that never saw the answer comes back much later
    assert auth.refresh(token).json["refresh_token"] == first


def test_grandparent_within_the_reuse_interval_is_traded(auth: AuthService) -> None:
    grandparent, alive = used_up(auth)
    auth.clock.advance(seconds=10)
    answer = auth.refresh(grandparent)
    assert answer.status_code == 200
    assert answer.json["refresh_token"] not in (grandparent, alive)


def test_grandparent_outside_the_reuse_interval_kills_the_family(auth: AuthService) -> None:
    grandparent, alive = used_up(auth)
    auth.clock.advance(seconds=11)
    message = "Invalid Refresh Token: Already Used"
    assert_refused(auth.refresh(grandparent), 400, "refresh_token_already_used", message)
    assert auth.count("auth.refresh_tokens", "not revoked") == 0
    assert_refused(auth.refresh(alive), 400, "refresh_token_already_used", message)


def test_no_token_of_a_dead_family_is_forgiven(auth: AuthService) -> None:
    """Not even one that was traded or issued within the reuse interval."""
    grandparent, parent = used_up(auth)
    auth.clock.advance(minutes=1)
    newest = auth.refresh(parent).json["refresh_token"]
    auth.refresh(grandparent)
    for token in (parent, newest):
        assert_refused(auth.refresh(token), 400, "refresh_token_already_used")


def test_family_of_another_session_lives_on(auth: AuthService) -> None:
    grandparent, _ = used_up(auth)
    other = auth.sign_in()["refresh_token"]
    auth.clock.advance(minutes=1)
    auth.refresh(grandparent)
    assert auth.refresh(other).status_code == 200


def test_without_rotation_only_the_reuse_fails(make_auth: MakeAuth) -> None:
    auth = make_auth(enable_refresh_token_rotation=False)
    grandparent, alive = used_up(auth)
    auth.clock.advance(minutes=1)
    assert_refused(auth.refresh(grandparent), 400, "refresh_token_already_used")
    assert auth.refresh(alive).status_code == 200


def test_no_reuse_interval(make_auth: MakeAuth) -> None:
    auth = make_auth(refresh_token_reuse_interval=0)
    grandparent, _ = used_up(auth)
    auth.clock.advance(seconds=1)
    assert_refused(auth.refresh(grandparent), 400, "refresh_token_already_used")


def test_parallel_requests_get_one_new_token(auth: AuthService) -> None:
    token = auth.sign_up()["refresh_token"]
    answers: list[Reply] = []
    go = threading.Barrier(10)

    def refresh() -> None:
        go.wait()
        answers.append(auth.refresh(token))

    threads = [threading.Thread(target=refresh) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200] * 10
    assert len({answer.json["refresh_token"] for answer in answers}) == 1
    assert auth.count("auth.refresh_tokens") == 2


def test_parallel_logout_never_leaves_a_token_without_session(auth: AuthService) -> None:
    auth.sign_up()
    for _ in range(10):
        tokens = auth.sign_in()
        answers: list[Reply] = []
        go = threading.Barrier(2)

        def refresh(tokens: Any = tokens, go: threading.Barrier = go, into: Any = answers) -> None:
            go.wait()
            into.append(auth.refresh(tokens["refresh_token"]))

        def log_out(tokens: Any = tokens, go: threading.Barrier = go) -> None:
            go.wait()
            auth.post("/logout", bearer=tokens["access_token"])

        threads = [threading.Thread(target=refresh), threading.Thread(target=log_out)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (answer,) = answers
        assert answer.status_code == 200 or answer.json["error_code"] in (
            "refresh_token_not_found",
            "session_not_found",
        )
        assert auth.count("auth.sessions") == 0


def test_token_dies_with_its_session(auth: AuthService) -> None:
    tokens = auth.sign_up()
    auth.post("/logout", bearer=tokens["access_token"])
    answer = auth.refresh(tokens["refresh_token"])
    message = "Invalid Refresh Token: Refresh Token Not Found"
    assert_refused(answer, 400, "refresh_token_not_found", message)


def test_token_from_before_sessions(auth: AuthService) -> None:
    token = auth.sign_up()["refresh_token"]
    auth.database.execute("update auth.refresh_tokens set session_id = null")
    message = "Invalid Refresh Token: No Valid Session Found"
    assert_refused(auth.refresh(token), 400, "session_not_found", message)


def test_banned_user(auth: AuthService) -> None:
    token = auth.sign_up()["refresh_token"]
    auth.database.execute("update auth.users set banned_until = '2099-01-01'")
    message = "Invalid Refresh Token: User Banned"
    assert_refused(auth.refresh(token), 400, "user_banned", message)


def test_session_ends_at_its_timebox(make_auth: MakeAuth) -> None:
    auth = make_auth(sessions={"timebox": timedelta(hours=24)})
    token = auth.sign_up()["refresh_token"]
    auth.clock.advance(hours=24)
    token = auth.refresh(token).json["refresh_token"]
    auth.clock.advance(seconds=1)
    message = "Invalid Refresh Token: Session Expired"
    assert_refused(auth.refresh(token), 400, "session_expired", message)


def test_session_ends_by_inactivity(make_auth: MakeAuth) -> None:
    auth = make_auth(sessions={"inactivity_timeout": timedelta(hours=8)})
    token = auth.sign_up()["refresh_token"]
    for _ in range(3):
        auth.clock.advance(hours=8)
        token = auth.refresh(token).json["refresh_token"]
    auth.clock.advance(hours=8, seconds=1)
    message = "Invalid Refresh Token: Session Expired (Inactivity)"
    assert_refused(auth.refresh(token), 400, "session_expired", message)


def test_not_after_of_the_row_counts(auth: AuthService) -> None:
    token = auth.sign_up()["refresh_token"]
    auth.database.execute("update auth.sessions set not_after = '2000-01-01'")
    assert_refused(auth.refresh(token), 400, "session_expired")


@pytest.mark.parametrize(
    "token", ["", "short", "ABCDEFGHIJKL", "a" * 13, "ünïcödé-tökén", "=" * 60]
)
def test_malformed_token(auth: AuthService, token: str) -> None:
    assert_refused(auth.refresh(token), 400, "validation_failed", "Refresh token is not valid")


def test_unknown_tokens_of_either_form(auth: AuthService) -> None:
    signed = b"\0" + bytes(33)
    signed += hashlib.sha256(signed).digest()[:4]
    for token in ("abcdefghijkl", base64.urlsafe_b64encode(signed).decode().rstrip("=")):
        assert_refused(auth.refresh(token), 400, "refresh_token_not_found")


def test_no_token_is_logged(auth: AuthService, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    token = auth.sign_up()["refresh_token"]
    after = auth.refresh(token).json["refresh_token"]
    auth.refresh("abcdefghijkl")
    for secret in (token, after, PASSWORD):
        assert secret not in caplog.text


def test_a_newer_sign_in_ends_the_older_session(make_auth: MakeAuth) -> None:
    auth = make_auth(sessions={"single_per_user": True})
    older = auth.sign_up()["refresh_token"]
    auth.clock.advance(minutes=1)
    newer = auth.sign_in()["refresh_token"]
    refused = auth.refresh(older)
    assert_refused(
        refused,
        400,
        "session_expired",
        "Invalid Refresh Token: Session Expired (Revoked by Newer Login)",
    )
    assert auth.refresh(newer).status_code == 200


def test_a_newer_session_that_is_over_does_not_count(make_auth: MakeAuth) -> None:
    auth = make_auth(sessions={"single_per_user": True})
    older = auth.sign_up()["refresh_token"]
    auth.clock.advance(minutes=1)
    newer = auth.sign_in()
    auth.post("/logout?scope=local", bearer=newer["access_token"])
    assert auth.refresh(older).status_code == 200


def test_both_sessions_live_where_that_is_not_asked_for(auth: AuthService) -> None:
    older = auth.sign_up()["refresh_token"]
    auth.clock.advance(minutes=1)
    auth.sign_in()
    assert auth.refresh(older).status_code == 200
