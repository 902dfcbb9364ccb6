"""``Sb-Forwarded-For``: whose request a server passes on."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import AuthService

SIGN_IN = "/token?grant_type=password"
ADA = {"email": "ada@example.com", "password": "not the password"}
ON = {"sb_forwarded_for": True}


def statuses(auth: AuthService, times: int, **headers: str) -> list[int]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [auth.post(SIGN_IN, ADA, headers=named).status_code for _ in range(times)]


def test_requests_are_counted_by_it_without_another_header(make_auth: MakeAuth) -> None:
    auth = make_auth(context=ON)
    assert statuses(auth, 31, Sb_Forwarded_For="203.0.113.7") == [400] * 30 + [429]
    assert statuses(auth, 1, Sb_Forwarded_For="203.0.113.8, 203.0.113.7") == [400]
    assert statuses(auth, 1, Sb_Forwarded_For="203.0.113.7, 203.0.113.8") == [429]
    assert statuses(auth, 1, Sb_Forwarded_For="::ffff:203.0.113.7") == [429]


def test_it_goes_before_the_header_of_the_limits(make_auth: MakeAuth) -> None:
    auth = make_auth(context={**ON, "rate_limit_header": "X-Real-IP"})
    assert statuses(auth, 31, Sb_Forwarded_For="203.0.113.7", X_Real_IP="9.9.9.9")[-1] == 429
    assert statuses(auth, 1, X_Real_IP="9.9.9.9") == [400]


@pytest.mark.parametrize("value", ["", "evil", "203.0.113.7:80", "fe80::1%eth0", "[2001:db8::1]"])
def test_what_is_no_address_is_as_if_it_were_not_there(make_auth: MakeAuth, value: str) -> None:
    auth = make_auth(context=ON)
    assert statuses(auth, 40, Sb_Forwarded_For=value) == [400] * 40


def test_switched_off_it_is_not_read(make_auth: MakeAuth) -> None:
    assert statuses(make_auth(), 40, Sb_Forwarded_For="203.0.113.7") == [400] * 40


@pytest.mark.parametrize(("on", "address"), [(True, "203.0.113.7"), (False, "198.51.100.9")])
def test_a_session_keeps_the_address(
    make_auth: MakeAuth, superuser: psycopg.Connection[tuple[Any, ...]], on: bool, address: str
) -> None:
    auth = make_auth(context={"sb_forwarded_for": on}, email={"enable_confirmations": False})
    auth.post(
        "/signup",
        {"email": "ada@example.com", "password": "correct horse battery"},
        headers={"Sb-Forwarded-For": "203.0.113.7", "X-Forwarded-For": "198.51.100.9"},
    )
    assert superuser.execute("select host(ip) from auth.sessions").fetchall() == [(address,)]
