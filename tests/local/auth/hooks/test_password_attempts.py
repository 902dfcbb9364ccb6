"""The hook password_verification_attempt."""

from __future__ import annotations

from typing import Any

import pytest

from tests.local.auth.hooks.conftest import Hook, Hooked
from tests.local.auth.service import PASSWORD, AuthService, Reply, assert_refused

NAME = "password_verification_attempt"
EMAIL = "ada@example.com"


def attempt(auth: AuthService, password: str = PASSWORD, email: str = EMAIL) -> Reply:
    return auth.post("/token?grant_type=password", {"email": email, "password": password})


def test_it_hears_of_right_and_wrong_passwords(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook)
    user = auth.sign_up()["user"]
    assert attempt(auth).status_code == 200
    assert_refused(attempt(auth, "wrong"), 400, "invalid_credentials", "Invalid login credentials")
    assert [event["valid"] for event in hook.events] == [True, False]
    for event in hook.events:
        assert sorted(event) == ["metadata", "user_id", "valid"]
        assert event["user_id"] == user["id"]
        assert event["metadata"]["name"] == "password-verification"


def test_it_is_not_asked_about_nobody(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook)
    assert_refused(attempt(auth), 400, "invalid_credentials")
    assert hook.events == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"decision": "reject"}, "Further password verification attempts will be rejected."),
        ({"decision": "reject", "message": "Come back at ten."}, "Come back at ten."),
    ],
)
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_it_rejects(hooked: Hooked, hook: Hook, answer: Any, message: str, password: str) -> None:
    auth = hooked(NAME, hook)
    auth.sign_up()
    hook.answer(answer)
    assert_refused(attempt(auth, password), 400, "invalid_credentials", message)
    assert auth.count("auth.sessions") == 1  # the sign-up's


def test_it_may_end_all_sessions(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook)
    auth.sign_up()
    auth.sign_up("bob@example.com")
    hook.answer({"decision": "continue", "should_logout_user": True})
    assert attempt(auth).status_code == 200
    hook.answer({"decision": "reject", "should_logout_user": True})
    assert_refused(attempt(auth), 400, "invalid_credentials")
    assert auth.count("auth.sessions") == 1  # Bob's


@pytest.mark.parametrize("answer", [{}, {"decision": "continue"}, {"decision": None, "more": 1}])
def test_any_other_decision_goes_on(hooked: Hooked, hook: Hook, answer: Any) -> None:
    auth = hooked(NAME, hook)
    auth.sign_up()
    hook.answer(answer)
    assert attempt(auth).status_code == 200
    assert_refused(attempt(auth, "wrong"), 400, "invalid_credentials", "Invalid login credentials")


@pytest.mark.parametrize(
    "answer", [{"decision": 1}, {"message": []}, {"should_logout_user": "yes"}]
)
def test_answers_of_a_wrong_type(hooked: Hooked, hook: Hook, answer: Any) -> None:
    auth = hooked(NAME, hook)
    auth.sign_up()
    hook.answer(answer)
    assert_refused(attempt(auth), 500, "unexpected_failure", "Error unmarshaling JSON output.")
    assert auth.count("auth.sessions") == 1


def test_its_own_error(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook)
    auth.sign_up()
    hook.answer({"error": {"http_code": 429, "message": "Slow down"}})
    assert_refused(attempt(auth), 429, "unknown", "Slow down")
    assert auth.count("auth.sessions") == 1


def test_it_keeps_what_it_counts(hooked: Hooked, hook: Hook) -> None:
    """Its transaction is its own: a rejected attempt is not forgotten (GoTrue, token.go)."""
    auth = hooked(NAME, hook)
    auth.sign_up()
    hook.answer({"decision": "reject"})
    attempt(auth, "wrong")
    attempt(auth, "wrong")
    assert len(hook.events) == 2
