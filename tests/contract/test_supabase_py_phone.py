"""supabase-py, the official Python client: phone numbers instead of addresses."""

from __future__ import annotations

from typing import Any

import pytest
from supabase import Client

from hipflask.testing import SupabaseBackend
from tests.contract.phones import CONFIRMED, OTHER_PHONE, PHONE, code_to, messages_to
from tests.contract.refusals import reason

PASSWORD = "a long enough password"
SIGN_UP: Any = {"phone": f"+{PHONE}", "password": PASSWORD, "options": {"data": {"name": "Ann"}}}
SIGN_IN: Any = {"phone": f"+{PHONE}", "password": PASSWORD}

pytestmark = pytest.mark.supabase(auth=CONFIRMED)


def prove(client: Client, code: str, kind: Any = "sms", phone: str = PHONE) -> Any:
    """Show a code and return the user."""
    return client.auth.verify_otp({"phone": phone, "token": code, "type": kind}).user


def test_sign_up_waits_for_the_code(supabase: Client, backend: SupabaseBackend) -> None:
    assert supabase.auth.sign_up(SIGN_UP).session is None
    early = reason(lambda: supabase.auth.sign_in_with_password(SIGN_IN))
    assert early == (400, "phone_not_confirmed")
    user = prove(supabase, code_to(backend))
    assert (user.phone, user.email) == (PHONE, "")
    assert user.user_metadata["name"] == "Ann"
    assert user.app_metadata == {"provider": "phone", "providers": ["phone"]}
    assert reason(lambda: prove(supabase, code_to(backend))) == (403, "otp_expired")


@pytest.mark.supabase(auth={"sms": {"enable_confirmations": False}})
def test_sign_up_without_confirmation_signs_in(supabase: Client) -> None:
    session = supabase.auth.sign_up(SIGN_UP).session
    assert session is not None
    assert session.user.phone_confirmed_at is not None
    assert reason(lambda: supabase.auth.sign_up(SIGN_UP)) == (422, "user_already_exists")


def test_signs_in_with_a_password(supabase: Client, backend: SupabaseBackend) -> None:
    supabase.auth.sign_up(SIGN_UP)
    user = prove(supabase, code_to(backend))
    answer = supabase.auth.sign_in_with_password(SIGN_IN)
    assert answer.user is not None
    assert answer.user.id == user.id
    wrong: Any = {**SIGN_IN, "password": "another password"}
    refused = reason(lambda: supabase.auth.sign_in_with_password(wrong))
    assert refused == (400, "invalid_credentials")


def test_signs_in_with_a_code(supabase: Client, backend: SupabaseBackend) -> None:
    supabase.auth.sign_in_with_otp({"phone": PHONE})
    assert prove(supabase, code_to(backend)).phone_confirmed_at is not None


@pytest.mark.supabase(auth={"sms": {"test_otp": {PHONE: "123456"}}})
def test_a_test_number_has_one_code(supabase: Client, backend: SupabaseBackend) -> None:
    supabase.auth.sign_in_with_otp({"phone": PHONE})
    prove(supabase, "123456")
    assert supabase.auth.sign_in_with_otp({"phone": PHONE}).message_id == "test-otp"
    assert messages_to(backend) == 0


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"phone": PHONE, "options": {"should_create_user": False}}, (422, "otp_disabled")),
        ({"phone": PHONE, "options": {"channel": "whatsapp"}}, (400, "validation_failed")),
        ({"phone": "no number"}, (400, "validation_failed")),
    ],
)
def test_codes_that_are_refused(supabase: Client, asked: Any, refused: tuple[int, str]) -> None:
    assert reason(lambda: supabase.auth.sign_in_with_otp(asked)) == refused


@pytest.mark.supabase(auth={"sms": {"enable_signup": False}})
def test_phones_are_off(supabase: Client) -> None:
    off = (400, "phone_provider_disabled")
    assert reason(lambda: supabase.auth.sign_up(SIGN_UP)) == off
    assert reason(lambda: supabase.auth.sign_in_with_otp({"phone": PHONE})) == off
    assert reason(lambda: supabase.auth.resend({"type": "sms", "phone": PHONE})) == off


def test_resends_a_code(supabase: Client, backend: SupabaseBackend) -> None:
    supabase.auth.sign_up(SIGN_UP)
    supabase.auth.resend({"type": "sms", "phone": PHONE})
    assert messages_to(backend) == 2
    prove(supabase, code_to(backend))


def test_changes_the_number(supabase: Client, backend: SupabaseBackend) -> None:
    supabase.auth.sign_up(SIGN_UP)
    prove(supabase, code_to(backend))
    supabase.auth.update_user({"phone": OTHER_PHONE})
    supabase.auth.resend({"type": "phone_change", "phone": PHONE})
    user = prove(supabase, code_to(backend, OTHER_PHONE), "phone_change", OTHER_PHONE)
    assert user.phone == OTHER_PHONE


def test_a_number_belongs_to_one(
    supabase: Client, supabase_admin: Client, backend: SupabaseBackend
) -> None:
    supabase_admin.auth.admin.create_user({"phone": OTHER_PHONE, "phone_confirm": True})
    supabase.auth.sign_up(SIGN_UP)
    prove(supabase, code_to(backend))
    taken = reason(lambda: supabase.auth.update_user({"phone": OTHER_PHONE}))
    assert taken == (422, "phone_exists")


@pytest.mark.supabase(auth={"email": {"secure_password_change": True}})
def test_reauthenticates_by_message(supabase: Client, backend: SupabaseBackend) -> None:
    supabase.auth.sign_up(SIGN_UP)
    prove(supabase, code_to(backend))
    supabase.auth.reauthenticate()
    supabase.auth.update_user({"password": "another long password", "nonce": code_to(backend)})
    supabase.auth.sign_in_with_password({"phone": PHONE, "password": "another long password"})
