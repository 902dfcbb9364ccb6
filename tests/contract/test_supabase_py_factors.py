"""supabase-py, the official Python client: second factors by app and phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from supabase import AuthApiError, Client

from hipflask.testing import SupabaseBackend
from tests.contract.refusals import reason
from tests.contract.second_factors import NUMBER, SETTINGS, code, sent_code

pytestmark = pytest.mark.supabase(auth=SETTINGS)
ADA: Any = {"email": "ada@example.com", "password": "correct horse battery"}
OFF: Any = {"enroll_enabled": False, "verify_enabled": False}


@pytest.fixture
def ada(supabase: Client) -> Client:
    supabase.auth.sign_up(ADA)
    return supabase


def enroll(client: Client) -> Any:
    return client.auth.mfa.enroll({"factor_type": "totp", "friendly_name": "phone"})


def test_from_enrolling_to_the_second_level(ada: Client) -> None:
    factor = enroll(ada)
    assert factor.totp.qr_code.startswith("data:image/svg+xml;utf-8,<")
    asked = ada.auth.mfa.challenge({"factor_id": factor.id})
    shown = {
        "factor_id": factor.id,
        "challenge_id": asked.id,
        "code": code(factor.totp.secret),
    }
    ada.auth.mfa.verify(shown)  # type: ignore[arg-type]
    level = ada.auth.mfa.get_authenticator_assurance_level()
    assert (level.current_level, level.next_level) == ("aal2", "aal2")
    assert {entry.method for entry in level.current_authentication_methods} == {"password", "totp"}
    (listed,) = ada.auth.mfa.list_factors().totp
    assert (listed.id, listed.status) == (factor.id, "verified")


def test_a_new_sign_in_stands_before_the_second_level(ada: Client) -> None:
    factor = enroll(ada)
    proof: Any = {"factor_id": factor.id, "code": code(factor.totp.secret)}
    ada.auth.mfa.challenge_and_verify(proof)
    ada.auth.sign_in_with_password(ADA)
    level = ada.auth.mfa.get_authenticator_assurance_level()
    assert (level.current_level, level.next_level) == ("aal1", "aal2")
    with pytest.raises(AuthApiError) as refused:
        ada.auth.mfa.unenroll({"factor_id": factor.id})
    assert refused.value.code == "insufficient_aal"
    proof["code"] = code(factor.totp.secret)
    ada.auth.mfa.challenge_and_verify(proof)
    assert ada.auth.mfa.unenroll({"factor_id": factor.id}).id == factor.id
    assert ada.auth.mfa.list_factors().all == []


def test_refusals(ada: Client) -> None:
    factor = enroll(ada)
    with pytest.raises(AuthApiError) as conflict:
        enroll(ada)
    assert conflict.value.code == "mfa_factor_name_conflict"
    wrong: Any = {"factor_id": factor.id, "code": "12345"}
    with pytest.raises(AuthApiError) as failed:
        ada.auth.mfa.challenge_and_verify(wrong)
    assert failed.value.code == "mfa_verification_failed"
    with pytest.raises(AuthApiError) as unknown:
        ada.auth.mfa.challenge({"factor_id": "3f0a4c1e-0000-4000-8000-000000000000"})
    assert unknown.value.code == "mfa_factor_not_found"


def test_the_admin_takes_a_lost_factor_away(ada: Client, supabase_admin: Client) -> None:
    factor = enroll(ada)
    answer = ada.auth.get_user()
    assert answer is not None
    admin = supabase_admin.auth.admin.mfa
    listed: Any = admin.list_factors({"user_id": answer.user.id})  # typed as an object, is a list
    assert [one.id for one in listed] == [factor.id]
    gone = admin.delete_factor({"user_id": answer.user.id, "id": factor.id})
    assert gone.id == factor.id
    assert ada.auth.mfa.list_factors().all == []


def enroll_phone(client: Client) -> Any:
    return client.auth.mfa.enroll({"factor_type": "phone", "friendly_name": "old", "phone": NUMBER})


def show_phone(client: Client, backend: SupabaseBackend, factor_id: str) -> None:
    asked = client.auth.mfa.challenge({"factor_id": factor_id, "channel": "sms"})
    assert asked.factor_type == "phone"
    proof: Any = {"factor_id": factor_id, "challenge_id": asked.id, "code": sent_code(backend)}
    client.auth.mfa.verify(proof)


def test_a_phone_from_enrolling_to_the_second_level_and_back(
    ada: Client, backend: SupabaseBackend
) -> None:
    factor = enroll_phone(ada)
    assert factor.type == "phone"
    show_phone(ada, backend, factor.id)
    (listed,) = ada.auth.mfa.list_factors().phone
    assert (listed.phone, listed.status) == (NUMBER.removeprefix("+"), "verified")
    ada.auth.sign_in_with_password(ADA)
    level = ada.auth.mfa.get_authenticator_assurance_level()
    assert (level.current_level, level.next_level) == ("aal1", "aal2")
    show_phone(ada, backend, factor.id)
    level = ada.auth.mfa.get_authenticator_assurance_level()
    assert level.current_level == "aal2"
    methods = {entry.method for entry in level.current_authentication_methods}
    assert methods == {"password", "mfa/phone"}
    assert ada.auth.mfa.unenroll({"factor_id": factor.id}).id == factor.id
    assert ada.auth.mfa.list_factors().all == []


def test_refusals_of_a_phone(ada: Client, backend: SupabaseBackend) -> None:
    factor = enroll_phone(ada)
    with pytest.raises(AuthApiError) as channel:
        ada.auth.mfa.challenge({"factor_id": factor.id, "channel": "whatsapp"})
    assert channel.value.code == "validation_failed"
    asked = ada.auth.mfa.challenge({"factor_id": factor.id, "channel": "sms"})
    wrong = "000000" if sent_code(backend) != "000000" else "111111"
    proof: Any = {"factor_id": factor.id, "challenge_id": asked.id, "code": wrong}
    with pytest.raises(AuthApiError) as failed:
        ada.auth.mfa.verify(proof)
    assert failed.value.code == "mfa_verification_failed"
    ada.auth.mfa.verify(proof | {"code": sent_code(backend)})
    with pytest.raises(AuthApiError) as taken:
        enroll_phone(ada)
    assert taken.value.code == "mfa_verified_factor_exists"


@pytest.mark.supabase(auth={"mfa": {"phone": OFF}})
def test_phones_that_are_off(ada: Client) -> None:
    with pytest.raises(AuthApiError) as refused:
        enroll_phone(ada)
    assert refused.value.code == "mfa_phone_enroll_not_enabled"


def test_factors_and_challenges_of_nobody(ada: Client) -> None:
    factor_id, unknown = enroll(ada).id, "3f0a4c1e-0000-4000-8000-000000000000"
    shown: Any = {"factor_id": factor_id, "challenge_id": unknown, "code": "123456"}
    no_challenge = reason(lambda: ada.auth.mfa.verify(shown))
    assert no_challenge == (422, "mfa_factor_not_found")
    no_factor = reason(lambda: ada.auth.mfa.unenroll({"factor_id": unknown}))
    assert no_factor == (404, "mfa_factor_not_found")


def test_a_session_that_was_ended(ada: Client, python_client: Callable[..., Client]) -> None:
    other = python_client()
    other.auth.sign_in_with_password(ADA)
    ada.auth.sign_out({"scope": "others"})
    assert reason(lambda: other.auth.mfa.list_factors()) == (403, "session_not_found")
