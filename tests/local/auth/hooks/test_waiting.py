"""What a service that takes its time keeps from others: no transaction, no connection."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.local.auth.factors.proofs import ALL_ON, challenge, enroll, enroll_phone, show_app
from tests.local.auth.hooks.conftest import Hooked
from tests.local.auth.hooks.ways import ServiceHook
from tests.local.auth.service import PASSWORD, AuthService

BODY = {"email": "ada@example.com", "password": PASSWORD}


def sign_up(auth: AuthService) -> None:
    assert auth.post("/signup", BODY).status_code == 200


def sign_in(auth: AuthService) -> None:
    auth.sign_up()
    auth.sign_in()


def show_a_code(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    assert show_app(auth, bearer, enroll(auth, bearer, "totp")).status_code == 200


def ask_for_a_code(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    challenge(auth, bearer, enroll_phone(auth, bearer)["id"])


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("before_user_created", sign_up),
        ("password_verification_attempt", sign_in),
        ("mfa_verification_attempt", show_a_code),
        ("send_sms", ask_for_a_code),
    ],
)
def test_no_transaction_is_open_meanwhile(
    hooked: Hooked, service: ServiceHook, name: str, act: Callable[[AuthService], None]
) -> None:
    auth = hooked(name, service, **ALL_ON)
    states: list[Any] = []

    def look() -> None:
        rows = auth.database.execute(
            "select state from pg_stat_activity where application_name = 'hipflask-auth'"
        )
        states.extend(state for (state,) in rows)

    service.meanwhile = look
    act(auth)
    assert len(service.events) == 1
    assert set(states) == {"idle"}


def test_refreshes_leave_connections_for_the_service(hooked: Hooked, service: ServiceHook) -> None:
    """More tabs than connections refresh at once, while the service itself asks Auth."""
    auth = hooked("custom_access_token", service)
    service.set_claim("plan", "gold")
    token = auth.sign_up()["refresh_token"]
    service.meanwhile = lambda: borrowed(auth)
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(auth.refresh, [token] * 20))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["refresh_token"] for answer in answers}) == 1


def borrowed(auth: AuthService) -> None:
    with auth.context.pool.connection(timeout=2) as connection:
        connection.execute("select 1")
