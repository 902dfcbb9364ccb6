"""POST /logout."""

from __future__ import annotations

import pytest

from tests.local.auth.service import AuthService, assert_refused, claims_of


@pytest.mark.parametrize("path", ["/logout", "/logout?scope=global"])
def test_ends_every_session_of_the_user_alone(auth: AuthService, path: str) -> None:
    bob = auth.sign_up("bob@example.com")
    first, second = auth.sign_up(), auth.sign_in()
    answer = auth.post(path, bearer=second["access_token"])
    assert (answer.status_code, answer.text) == (204, "")
    assert "Content-Type" not in answer.headers
    assert auth.count("auth.sessions") == auth.count("auth.refresh_tokens") == 1
    assert_refused(auth.refresh(first["refresh_token"]), 400, "refresh_token_not_found")
    assert auth.refresh(bob["refresh_token"]).status_code == 200
    assert auth.audit_actions().count("logout") == 1


def test_local_ends_this_session(auth: AuthService) -> None:
    first, second = auth.sign_up(), auth.sign_in()
    auth.post("/logout?scope=local", bearer=second["access_token"])
    assert auth.refresh(first["refresh_token"]).status_code == 200
    assert_refused(auth.refresh(second["refresh_token"]), 400, "refresh_token_not_found")


def test_others_ends_all_but_this_session(auth: AuthService) -> None:
    first, second = auth.sign_up(), auth.sign_in()
    auth.post("/logout?scope=others", bearer=second["access_token"])
    assert auth.refresh(second["refresh_token"]).status_code == 200
    assert_refused(auth.refresh(first["refresh_token"]), 400, "refresh_token_not_found")


def test_token_without_session_ends_all(auth: AuthService) -> None:
    user_id = auth.sign_up()["user"]["id"]
    assert auth.post("/logout?scope=local", bearer=auth.sign(sub=user_id)).status_code == 204
    assert auth.count("auth.sessions") == 0


def test_unknown_scope(auth: AuthService) -> None:
    tokens = auth.sign_up()
    answer = auth.post("/logout?scope=mine", bearer=tokens["access_token"])
    assert_refused(answer, 400, "validation_failed", 'Unsupported logout scope "mine"')
    assert auth.count("auth.sessions", "id = %s", claims_of(tokens["access_token"])["session_id"])


def test_needs_a_token(auth: AuthService) -> None:
    assert_refused(auth.post("/logout"), 401, "no_authorization")


def test_second_logout_finds_no_session(auth: AuthService) -> None:
    tokens = auth.sign_up()
    auth.post("/logout", bearer=tokens["access_token"])
    again = auth.post("/logout", bearer=tokens["access_token"])
    assert_refused(again, 403, "session_not_found")
