"""POST /passkeys/registration/…"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.passkeys.authenticator import Authenticator, decode, encode
from tests.local.auth.passkeys.conftest import ON, ask, register
from tests.local.auth.service import AuthService, assert_refused


def test_options(auth: AuthService) -> None:
    tokens = auth.sign_up(data={"name": "Ada"})
    asked = ask(auth, "registration", tokens["access_token"])
    options = asked["options"]
    assert len(decode(options.pop("challenge"))) == 32
    assert options.pop("pubKeyCredParams")[0] == {"type": "public-key", "alg": -7}
    person = options.pop("user")
    assert decode(person["id"]).decode() == tokens["user"]["id"]
    assert (person["name"], person["displayName"]) == ("ada@example.com", "Ada")
    assert options == {
        "rp": {"name": "Notes", "id": "localhost"},
        "timeout": 300_000,
        "authenticatorSelection": {"residentKey": "required", "userVerification": "preferred"},
        "attestation": "none",
    }
    assert asked["expires_at"] == int(auth.clock.now().timestamp()) + 300


def test_a_passkey_is_kept_and_excluded_from_then_on(auth: AuthService) -> None:
    bearer, device = auth.sign_up()["access_token"], Authenticator()
    made = register(auth, bearer, device)
    assert made["friendly_name"] == "Passkey"
    assert set(made) == {"id", "friendly_name", "created_at"}
    excluded = ask(auth, "registration", bearer)["options"]["excludeCredentials"]
    assert [decode(one["id"]) for one in excluded] == [device.credential_id]
    assert auth.row("select transports, attestation_type from auth.webauthn_credentials") == (
        ["internal"],
        "none",
    )
    assert auth.audit_actions()[-1] == "passkey_created"


@pytest.mark.parametrize(
    "falsify",
    [
        lambda device: setattr(device, "origin", "http://localhost:9090"),
        lambda device: setattr(device, "rp_id", "example.com"),
        lambda device: setattr(device, "flags", 0),
        lambda device: setattr(device, "algorithm", -65535),
    ],
)
def test_false_answers(auth: AuthService, falsify: Callable[[Authenticator], None]) -> None:
    bearer, device = auth.sign_up()["access_token"], Authenticator()
    falsify(device)
    asked = ask(auth, "registration", bearer)
    body = {"challenge_id": asked["challenge_id"], "credential": device.create(asked["options"])}
    answer = auth.post("/passkeys/registration/verify", body, bearer=bearer)
    assert_refused(answer, 400, "webauthn_verification_failed", "Credential verification failed")
    again = auth.post("/passkeys/registration/verify", body, bearer=bearer)
    assert_refused(again, 400, "webauthn_challenge_not_found")
    assert auth.count("auth.webauthn_credentials") == 0


def test_half_a_key_is_refused(auth: AuthService) -> None:
    """Else the user would have a passkey that never lets them in."""
    bearer, device = auth.sign_up()["access_token"], Authenticator()
    asked = ask(auth, "registration", bearer)
    credential = device.create(asked["options"])
    whole = decode(credential["response"]["attestationObject"])
    credential["response"]["attestationObject"] = encode(whole[:-1])
    body = {"challenge_id": asked["challenge_id"], "credential": credential}
    answer = auth.post("/passkeys/registration/verify", body, bearer=bearer)
    assert_refused(answer, 400, "webauthn_verification_failed")
    assert auth.count("auth.webauthn_credentials") == 0


@pytest.mark.parametrize("credential", [None, [], "x", {}, {"id": 1}, {"response": []}])
def test_malformed_answers(auth: AuthService, credential: object) -> None:
    bearer = auth.sign_up()["access_token"]
    asked = ask(auth, "registration", bearer)
    body = {"challenge_id": asked["challenge_id"], "credential": credential}
    answer = auth.post("/passkeys/registration/verify", body, bearer=bearer)
    assert_refused(answer, 400, "webauthn_verification_failed", "Invalid credential response")


@pytest.mark.parametrize(
    "body",
    [{}, {"challenge_id": "x", "credential": {}}, {"challenge_id": "x"}],
)
def test_incomplete_bodies(auth: AuthService, body: object) -> None:
    bearer = auth.sign_up()["access_token"]
    answer = auth.post("/passkeys/registration/verify", body, bearer=bearer)
    assert_refused(answer, 400, "validation_failed")


def test_a_challenge_is_for_one_user_and_five_minutes(auth: AuthService) -> None:
    ada, eve = auth.sign_up()["access_token"], auth.sign_up("eve@example.com")["access_token"]
    asked = ask(auth, "registration", ada)
    credential = Authenticator().create(asked["options"])
    body = {"challenge_id": asked["challenge_id"], "credential": credential}
    answer = auth.post("/passkeys/registration/verify", body, bearer=eve)
    assert_refused(answer, 400, "webauthn_challenge_not_found")
    auth.clock.advance(seconds=301)
    answer = auth.post("/passkeys/registration/verify", body, bearer=ada)
    assert_refused(answer, 400, "webauthn_challenge_expired")


def test_nobody_has_it_twice_and_ten_are_enough(auth: AuthService) -> None:
    bearer, device = auth.sign_up()["access_token"], Authenticator()
    register(auth, bearer, device)
    asked = ask(auth, "registration", bearer)
    body = {"challenge_id": asked["challenge_id"], "credential": device.create(asked["options"])}
    answer = auth.post("/passkeys/registration/verify", body, bearer=bearer)
    assert_refused(answer, 422, "webauthn_credential_exists")
    late = ask(auth, "registration", bearer)
    for _ in range(9):
        register(auth, bearer, Authenticator())
    answer = auth.post("/passkeys/registration/options", {}, bearer=bearer)
    assert_refused(answer, 422, "too_many_passkeys")
    credential = Authenticator().create(late["options"])
    body = {"challenge_id": late["challenge_id"], "credential": credential}
    answer = auth.post("/passkeys/registration/verify", body, bearer=bearer)
    assert_refused(answer, 422, "too_many_passkeys")


def test_who_may_not(make_auth: MakeAuth) -> None:
    auth = make_auth(**ON, enable_anonymous_sign_ins=True)
    assert_refused(auth.post("/passkeys/registration/options", {}), 401, "no_authorization")
    anonymous = auth.post("/signup", {}).json["access_token"]
    answer = auth.post("/passkeys/registration/options", {}, bearer=anonymous)
    assert_refused(answer, 403, "no_authorization")
    bearer = auth.sign_up()["access_token"]
    auth.database.execute(
        "insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at)"
        " select gen_random_uuid(), id, 'totp', 'verified', now(), now() from auth.users"
        " where email is not null"
    )
    answer = auth.post("/passkeys/registration/options", {}, bearer=bearer)
    assert_refused(answer, 403, "insufficient_aal")
    auth.database.execute("update auth.users set is_sso_user = true where email is not null")
    answer = auth.post("/passkeys/registration/options", {}, bearer=bearer)
    assert_refused(answer, 422, "validation_failed", "SSO users cannot register passkeys")


def test_a_party_without_a_name(make_auth: MakeAuth) -> None:
    auth = make_auth(passkey={"enabled": True})
    answer = auth.post("/passkeys/authentication/options", {})
    assert_refused(answer, 500, "unexpected_failure", "Failed to initialize WebAuthn")
