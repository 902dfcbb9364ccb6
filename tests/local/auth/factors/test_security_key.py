"""Second factors that sign (WebAuthn)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.factors.proofs import ALL_ON, challenge, enroll, show_key, signed, verify
from tests.local.auth.passkeys.authenticator import Authenticator, decode, encode
from tests.local.auth.service import AuthService, Reply, assert_refused, claims_of

FAILED = "Failed to validate WebAuthn MFA response"


@pytest.fixture
def auth(make_auth: MakeAuth) -> AuthService:
    return make_auth(**ALL_ON)


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(counter=1)


def with_key(auth: AuthService, device: Authenticator) -> tuple[Any, str]:
    """Sign up, add a key, and return the raised tokens and the factor's id."""
    bearer = auth.sign_up()["access_token"]
    factor_id = enroll(auth, bearer, "webauthn")["id"]
    answer = show_key(auth, bearer, factor_id, device)
    assert answer.status_code == 200, answer.json
    device.counter += 1
    return answer.json, factor_id


def options_of(asked: Any) -> Any:
    return asked["webauthn"]["credential_options"]["publicKey"]


def test_making_a_key_raises_the_session(auth: AuthService, device: Authenticator) -> None:
    tokens, factor_id = with_key(auth, device)
    claims = claims_of(tokens["access_token"])
    assert claims["aal"] == "aal2"
    assert {entry["method"] for entry in claims["amr"]} == {"mfa/webauthn", "password"}
    (listed,) = tokens["user"]["factors"]
    assert (listed["id"], listed["factor_type"]) == (factor_id, "webauthn")
    assert (listed["status"], listed["phone"]) == ("verified", "")
    assert listed["web_authn_aaguid"] == "00000000-0000-0000-0000-000000000000"
    path = f"/admin/users/{tokens['user']['id']}/factors"
    assert auth.get(path, bearer=auth.service_role).json == [listed]


def test_a_key_is_made_for_the_projects_page(auth: AuthService) -> None:
    user = auth.sign_up()
    factor = enroll(auth, user["access_token"], "webauthn")
    assert factor == {"id": factor["id"], "type": "webauthn", "friendly_name": "mine"}
    asked = challenge(auth, user["access_token"], factor["id"])
    assert asked["webauthn"]["type"] == "create"
    assert asked["expires_at"] == int(auth.clock.now().timestamp()) + 300
    options = options_of(asked)
    assert options["rp"] == {"id": "localhost", "name": "Notes"}
    assert options["user"]["name"] == "ada@example.com"
    assert decode(options["user"]["id"]).decode() == user["user"]["id"]
    assert len(decode(options["challenge"])) == 32
    assert "excludeCredentials" not in options


def test_a_key_signs_at_the_next_sign_in(auth: AuthService, device: Authenticator) -> None:
    _, factor_id = with_key(auth, device)
    bearer = auth.sign_in()["access_token"]
    asked = challenge(auth, bearer, factor_id)
    assert asked["webauthn"]["type"] == "request"
    (allowed,) = options_of(asked)["allowCredentials"]
    assert allowed == {
        "type": "public-key",
        "id": encode(device.credential_id),
        "transports": ["internal"],
    }
    raised = verify(auth, bearer, factor_id, asked, webauthn=signed(device, asked))
    assert claims_of(raised.json["access_token"])["aal"] == "aal2"


def test_a_key_that_a_passkey_is_not_names_nobody(auth: AuthService, device: Authenticator) -> None:
    _, factor_id = with_key(auth, device)
    device.user_handle = b""
    bearer = auth.sign_in()["access_token"]
    assert show_key(auth, bearer, factor_id, device).status_code == 200


def test_a_challenge_is_answered_once(auth: AuthService, device: Authenticator) -> None:
    _, factor_id = with_key(auth, device)
    bearer = auth.sign_in()["access_token"]
    asked = challenge(auth, bearer, factor_id)
    proof = signed(device, asked)

    def show(_: int) -> int:
        return verify(auth, bearer, factor_id, asked, webauthn=proof).status_code

    with ThreadPoolExecutor(4) as threads:
        statuses = sorted(threads.map(show, range(4)))
    assert statuses == [200, 422, 422, 422]
    again = verify(auth, bearer, factor_id, asked, webauthn=proof)
    assert_refused(again, 422, "mfa_factor_not_found")


def test_a_challenge_ends_after_five_minutes(auth: AuthService, device: Authenticator) -> None:
    _, factor_id = with_key(auth, device)
    bearer = auth.sign_in()["access_token"]
    asked = challenge(auth, bearer, factor_id)
    auth.clock.advance(seconds=301)
    late = verify(auth, bearer, factor_id, asked, webauthn=signed(device, asked))
    assert_refused(late, 422, "mfa_challenge_expired")


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": 0},
        {"credential_id": b"another"},
        {"key": Authenticator().key},
        {"user_handle": b"3f0a4c1e-0000-4000-8000-000000000000"},
        {"counter": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_wrong_signature_is_refused(
    auth: AuthService, device: Authenticator, change: dict[str, Any]
) -> None:
    _, factor_id = with_key(auth, device)
    bearer = auth.sign_in()["access_token"]
    for name, value in change.items():
        setattr(device, name, value)
    refused = show_key(auth, bearer, factor_id, device)
    assert_refused(refused, 422, "mfa_verification_failed", FAILED)
    assert claims_of(auth.sign_in()["access_token"])["aal"] == "aal1"


def changed_bytes(text: str) -> list[str]:
    """Return ``text`` with one bit of it turned over at several places, cut short, and longer."""
    raw = decode(text)
    turned = [
        raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :] for at in range(0, len(raw), len(raw) // 9)
    ]
    return [encode(one) for one in (*turned, raw[: len(raw) // 2], b"", raw + b"0")]


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
def test_what_is_signed_cannot_be_changed(
    auth: AuthService, device: Authenticator, part: str
) -> None:
    _, factor_id = with_key(auth, device)
    bearer = auth.sign_in()["access_token"]
    asked = challenge(auth, bearer, factor_id)
    proof = signed(device, asked)
    response = proof["credential_response"]["response"]
    right = response[part]
    for wrong in changed_bytes(right):
        response[part] = wrong
        refused = verify(auth, bearer, factor_id, asked, webauthn=proof)
        code = refused.json["error_code"]
        assert (refused.status_code, code) in {
            (400, "validation_failed"),
            (422, "mfa_verification_failed"),
        }
    response[part] = right
    assert verify(auth, bearer, factor_id, asked, webauthn=proof).status_code == 200


def test_a_broken_key_is_not_kept(auth: AuthService, device: Authenticator) -> None:
    bearer = auth.sign_up()["access_token"]
    factor_id = enroll(auth, bearer, "webauthn")["id"]
    asked = challenge(auth, bearer, factor_id)
    proof = signed(device, asked)
    response = proof["credential_response"]["response"]
    whole = decode(response["attestationObject"])
    for length in range(len(whole)):
        response["attestationObject"] = encode(whole[:length])
        refused = verify(auth, bearer, factor_id, asked, webauthn=proof)
        code = refused.json["error_code"]
        assert (refused.status_code, code) in {
            (400, "validation_failed"),
            (422, "mfa_verification_failed"),
        }
    assert auth.count("auth.mfa_factors", "web_authn_credential is not null") == 0


def test_a_key_without_a_counter_stays_good(auth: AuthService) -> None:
    device = Authenticator(counter=0)
    _, factor_id = with_key(auth, device)
    for _ in range(2):
        device.counter = 0
        bearer = auth.sign_in()["access_token"]
        assert show_key(auth, bearer, factor_id, device).status_code == 200


def test_the_counter_is_remembered(auth: AuthService, device: Authenticator) -> None:
    _, factor_id = with_key(auth, device)
    device.counter = 9
    assert show_key(auth, auth.sign_in()["access_token"], factor_id, device).status_code == 200
    device.counter = 5
    refused = show_key(auth, auth.sign_in()["access_token"], factor_id, device)
    assert_refused(refused, 422, "mfa_verification_failed")


def test_a_new_key_does_not_answer_for_the_old_one(
    auth: AuthService, device: Authenticator
) -> None:
    """Else whoever knows the password would make one and be let in."""
    _, factor_id = with_key(auth, device)
    bearer = auth.sign_in()["access_token"]
    asked = challenge(auth, bearer, factor_id)
    options = options_of(asked) | {"user": {"id": encode(b"whoever")}}
    theirs = {"type": "create", "credential_response": Authenticator().create(options)}
    refused = verify(auth, bearer, factor_id, asked, webauthn=theirs)
    assert_refused(refused, 400, "validation_failed")


def test_a_challenge_from_before_the_key_makes_no_second_one(
    auth: AuthService, device: Authenticator
) -> None:
    bearer = auth.sign_up()["access_token"]
    factor_id = enroll(auth, bearer, "webauthn")["id"]
    earlier = challenge(auth, bearer, factor_id)
    auth.clock.advance(seconds=1)
    tokens = show_key(auth, bearer, factor_id, device).json
    proof = signed(Authenticator(), earlier)
    refused = verify(auth, tokens["access_token"], factor_id, earlier, webauthn=proof)
    assert_refused(refused, 400, "validation_failed")


def test_another_key_of_the_user_does_not_answer(auth: AuthService, device: Authenticator) -> None:
    tokens, factor_id = with_key(auth, device)
    raised = tokens["access_token"]
    second = Authenticator(counter=1)
    other = enroll(auth, raised, "webauthn", "other")["id"]
    asked = challenge(auth, raised, other)
    (excluded,) = options_of(asked)["excludeCredentials"]
    assert excluded["id"] == encode(device.credential_id)
    made = verify(auth, raised, other, asked, webauthn=signed(second, asked))
    assert made.status_code == 200
    second.counter += 1
    bearer = auth.sign_in()["access_token"]
    refused = show_key(auth, bearer, factor_id, second)
    assert_refused(refused, 422, "mfa_verification_failed")


def test_two_keys_at_once_for_one_factor(auth: AuthService) -> None:
    bearer = auth.sign_up()["access_token"]
    factor_id = enroll(auth, bearer, "webauthn")["id"]
    asked = []
    for _ in range(4):
        auth.clock.advance(seconds=1)
        asked.append(challenge(auth, bearer, factor_id))

    def make(one: Any) -> Reply:
        proof = signed(Authenticator(), one)
        return verify(auth, bearer, factor_id, one, webauthn=proof)

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(make, asked))
    assert sorted(one.status_code < 300 for one in answers) == [False, False, False, True]
    refused = {one.json["error_code"] for one in answers if one.status_code >= 400}
    assert refused <= {"webauthn_credential_exists", "validation_failed", "insufficient_aal"}


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        (None, "WebAuthn config required"),
        ({}, "WebAuthn type must be create or request"),
        ({"type": 7}, "WebAuthn type must be create or request"),
        ({"type": ["create"]}, "WebAuthn type must be create or request"),
        ({"type": "request"}, "credential_response required"),
        ({"type": "create", "credential_response": {}}, "Invalid credential_response"),
        ({"type": "create", "credential_response": "x"}, "Invalid credential_response"),
        ({"type": "create", "credential_response": [1]}, "Invalid credential_response"),
        (
            {"type": "request", "credential_response": {}},
            "WebAuthn type is not that of the challenge",
        ),
    ],
)
def test_malformed_answers(auth: AuthService, sent: Any, message: str) -> None:
    bearer = auth.sign_up()["access_token"]
    factor_id = enroll(auth, bearer, "webauthn")["id"]
    asked = challenge(auth, bearer, factor_id)
    refused = verify(auth, bearer, factor_id, asked, webauthn=sent)
    assert_refused(refused, 400, "validation_failed", message)


def test_a_factor_whose_key_is_gone(auth: AuthService, device: Authenticator) -> None:
    _, factor_id = with_key(auth, device)
    auth.database.execute("update auth.mfa_factors set web_authn_credential = null")
    bearer = auth.sign_in()["access_token"]
    refused = auth.post(f"/factors/{factor_id}/challenge", {}, bearer=bearer)
    assert_refused(refused, 404, "webauthn_credential_not_found")


def test_removing_it_lowers_the_session(auth: AuthService, device: Authenticator) -> None:
    tokens, factor_id = with_key(auth, device)
    plain = auth.sign_in()["access_token"]
    path = f"/factors/{factor_id}"
    assert_refused(auth.delete(path, bearer=plain), 422, "insufficient_aal")
    assert auth.delete(path, bearer=tokens["access_token"]).json == {"id": factor_id}
    claims = claims_of(auth.refresh(tokens["refresh_token"]).json["access_token"])
    assert (claims["aal"], [one["method"] for one in claims["amr"]]) == ("aal1", ["password"])


def test_what_is_stored_is_what_gotrue_reads(auth: AuthService, device: Authenticator) -> None:
    with_key(auth, device)
    stored, aaguid = auth.row("select web_authn_credential, web_authn_aaguid from auth.mfa_factors")
    assert str(aaguid) == "00000000-0000-0000-0000-000000000000"
    assert decode(stored["id"].rstrip("=").replace("+", "-").replace("/", "_")) == (
        device.credential_id
    )
    assert stored["attestationType"] == "none"
    assert stored["transport"] == ["internal"]
    assert stored["authenticator"]["signCount"] == 1
    assert stored["flags"]["backupEligible"] is False
