"""POST /token?grant_type=password."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import bcrypt
import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import ISSUER, PASSWORD, AuthService, assert_refused, claims_of

SIGN_IN = "/token?grant_type=password"
ADA = {"email": "ada@example.com", "password": PASSWORD}


def test_opens_a_session_of_its_own(auth: AuthService) -> None:
    first = auth.sign_up()
    auth.clock.advance(minutes=5)
    second = auth.sign_in("Ada@Example.com")
    assert (
        claims_of(first["access_token"])["session_id"]
        != (claims_of(second["access_token"])["session_id"])
    )
    assert second["weak_password"] is None
    assert auth.count("auth.sessions") == 2
    assert auth.audit_actions()[-1] == "login"
    assert auth.row("select last_sign_in_at from auth.users")[0] == auth.clock.now()


def test_claims_are_gotrues(auth: AuthService) -> None:
    auth.sign_up(data={"full_name": "Ada"})
    tokens = auth.sign_in()
    claims = claims_of(tokens["access_token"])
    now = int(auth.clock.now().timestamp())
    session_id = claims.pop("session_id")
    assert claims == {
        "iss": ISSUER,
        "sub": tokens["user"]["id"],
        "aud": "authenticated",
        "exp": now + 3600,
        "iat": now,
        "email": "ada@example.com",
        "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": tokens["user"]["user_metadata"],
        "role": "authenticated",
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": now}],
        "is_anonymous": False,
    }
    assert tokens["expires_at"] == now + 3600
    assert str(auth.row("select max(id::text) from auth.sessions where id = %s", session_id)[0])


def test_session_keeps_where_it_came_from(auth: AuthService) -> None:
    auth.sign_up()
    auth.post(
        SIGN_IN,
        ADA,
        headers={"User-Agent": "tests", "X-Forwarded-For": "nonsense, 203.0.113.7, 10.0.0.1"},
    )
    assert auth.count("auth.sessions", "user_agent = 'tests' and host(ip) = '203.0.113.7'") == 1


@pytest.mark.parametrize(
    "forwarded", ["fe80::1%eth0", "unknown", "", "203.0.113.7:1234", "2001:db8::1"]
)
def test_any_forwarded_address_is_survived(auth: AuthService, forwarded: str) -> None:
    auth.sign_up()
    answer = auth.post(SIGN_IN, ADA, headers={"X-Forwarded-For": forwarded})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"email": "nobody@example.com", "password": PASSWORD},
        {"email": "ada@example.com", "password": "wrong"},
        {"email": "ada@example.com", "password": ""},
        {"email": "ada@example.com"},
        {"email": "ada@example.com' or true --", "password": PASSWORD},
    ],
)
def test_wrong_password_and_unknown_address_look_the_same(
    auth: AuthService, body: dict[str, Any]
) -> None:
    auth.sign_up()
    answer = auth.post(SIGN_IN, body)
    assert_refused(answer, 400, "invalid_credentials", "Invalid login credentials")


@pytest.mark.parametrize("stored", [None, "", "$argon2id$v=19$m=16,t=2,p=1$abc$def", "nonsense"])
def test_user_without_a_usable_hash_cannot_sign_in(auth: AuthService, stored: str | None) -> None:
    auth.sign_up()
    auth.database.execute("update auth.users set encrypted_password = %s", (stored,))
    assert_refused(auth.post(SIGN_IN, {**ADA, "password": stored}), 400, "invalid_credentials")


def test_unknown_address_costs_a_hash_too(auth: AuthService) -> None:
    with patch.object(bcrypt, "checkpw", wraps=bcrypt.checkpw) as checked:
        auth.post(SIGN_IN, ADA)
    assert checked.call_count == 1


def test_unconfirmed_address(confirming_auth: AuthService) -> None:
    confirming_auth.sign_up()
    answer = confirming_auth.post(SIGN_IN, ADA)
    assert_refused(answer, 400, "email_not_confirmed", "Email not confirmed")
    wrong = confirming_auth.post(SIGN_IN, {**ADA, "password": "wrong"})
    assert_refused(wrong, 400, "invalid_credentials")


def test_banned_until_the_ban_is_over(auth: AuthService) -> None:
    auth.sign_up()
    auth.database.execute("update auth.users set banned_until = %s", (auth.clock.now(),))
    auth.clock.advance(hours=-1)
    assert_refused(auth.post(SIGN_IN, ADA), 400, "user_banned", "User is banned")
    auth.clock.advance(hours=1)
    auth.sign_in()


def test_sso_user_has_no_password_here(auth: AuthService) -> None:
    auth.sign_up()
    auth.database.execute("update auth.users set is_sso_user = true")
    assert_refused(auth.post(SIGN_IN, ADA), 400, "invalid_credentials")


def test_right_but_weak_by_todays_rules(make_auth: MakeAuth) -> None:
    make_auth().sign_up()
    answer = make_auth(minimum_password_length=20, password_requirements="letters_digits").sign_in()
    assert answer["weak_password"]["reasons"] == ["length", "characters"]
    assert answer["weak_password"]["message"].startswith("Password should be at least 20")


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({"password": PASSWORD}, 400, "validation_failed", "missing email or phone"),
        (
            {**ADA, "phone": "123"},
            400,
            "validation_failed",
            "Only an email address or phone number should be provided on login.",
        ),
        (
            {"phone": "+49 170 1", "password": PASSWORD},
            422,
            "phone_provider_disabled",
            "Phone logins are disabled",
        ),
    ],
)
def test_refuses(
    auth: AuthService, body: dict[str, Any], status: int, code: str, message: str
) -> None:
    assert_refused(auth.post(SIGN_IN, body), status, code, message)


def test_email_may_be_switched_off(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"enable_signup": False})
    answer = auth.post(SIGN_IN, ADA)
    assert_refused(answer, 422, "email_provider_disabled", "Email logins are disabled")


def test_phone_user_whose_number_is_confirmed(make_auth: MakeAuth) -> None:
    auth = make_auth(sms={"enable_signup": True})
    auth.sign_up()
    auth.database.execute("update auth.users set phone = '491701', email = null")
    body = {"phone": "+49 1701", "password": PASSWORD}
    assert_refused(auth.post(SIGN_IN, body), 400, "phone_not_confirmed", "Phone not confirmed")
    auth.database.execute("update auth.users set phone_confirmed_at = now()")
    assert auth.post(SIGN_IN, body).status_code == 200


@pytest.mark.parametrize("path", ["/token", "/token?grant_type=magic"])
def test_unknown_grant(auth: AuthService, path: str) -> None:
    assert_refused(auth.post(path, ADA), 400, "invalid_credentials", "unsupported_grant_type")


def test_grants_that_are_not_served(auth: AuthService) -> None:
    id_token = auth.post("/token?grant_type=id_token", {"id_token": "x", "provider": "google"})
    assert_refused(id_token, 400, "provider_disabled")
    assert auth.post("/token?grant_type=id_token", {}).json["error"] == "invalid request"
    assert auth.post("/token?grant_type=id_token", {"id_token": "x"}).status_code == 400
    for chain in ("solana", "no such chain"):
        web3 = auth.post("/token?grant_type=web3", {"chain": chain})
        assert_refused(web3, 422, "web3_provider_disabled", "Web3 provider is disabled")


def test_counts_requests_of_one_address(make_auth: MakeAuth) -> None:
    auth = make_auth(context={"rate_limit_header": "X-Forwarded-For"})
    one = {"X-Forwarded-For": "203.0.113.7"}
    for _ in range(30):
        assert auth.post(SIGN_IN, ADA, headers=one).status_code == 400
    answer = auth.post(SIGN_IN, ADA, headers=one)
    assert_refused(answer, 429, "over_request_rate_limit", "Request rate limit reached")
    assert auth.post(SIGN_IN, ADA, headers={"X-Forwarded-For": "203.0.113.8"}).status_code == 400
    auth.clock.advance(seconds=2)  # 150 per five minutes: one every two seconds
    assert auth.post(SIGN_IN, ADA, headers=one).status_code == 400
    assert auth.post(SIGN_IN, ADA, headers=one).status_code == 429


def test_counts_nobody_without_a_header_to_count_by(auth: AuthService) -> None:
    for _ in range(40):
        answer = auth.post(SIGN_IN, ADA, headers={"X-Forwarded-For": "203.0.113.7"})
        assert answer.status_code == 400
