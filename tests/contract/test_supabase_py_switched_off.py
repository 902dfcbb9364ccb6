"""supabase-py: what the project has not switched on says so, and is no missing page."""

from __future__ import annotations

from typing import Any

import pytest
from supabase import Client
from supabase_auth.errors import AuthInvalidCredentialsError

from tests.contract.refusals import reason

OFF = {"enroll_enabled": False, "verify_enabled": False}
PROVIDER = "3f0a4c1e-0000-4000-8000-000000000000"
PERSON: Any = {"email": "ann@example.com", "password": "a long enough password"}

pytestmark = pytest.mark.supabase(
    auth={
        "email": {"enable_confirmations": False},
        "mfa": {"totp": OFF, "phone": OFF},
        "external": {},
    }
)


def test_single_sign_on(supabase: Client) -> None:
    off = (404, "saml_provider_disabled")
    assert reason(lambda: supabase.auth.sign_in_with_sso({"domain": "example.com"})) == off
    assert reason(lambda: supabase.auth.sign_in_with_sso({"provider_id": PROVIDER})) == off
    nothing: Any = {}
    with pytest.raises(AuthInvalidCredentialsError):
        supabase.auth.sign_in_with_sso(nothing)


def test_id_tokens(supabase: Client) -> None:
    asked: Any = {"provider": "google", "token": "a.b.c"}
    off = reason(lambda: supabase.auth.sign_in_with_id_token(asked))
    assert off == (400, "provider_disabled")


@pytest.mark.parametrize(("kind", "more"), [("totp", {}), ("phone", {"phone": "41790000001"})])
def test_second_factors(supabase: Client, kind: str, more: Any) -> None:
    supabase.auth.sign_up(PERSON)
    asked: Any = {"factor_type": kind, "friendly_name": "x", **more}
    off = reason(lambda: supabase.auth.mfa.enroll(asked))
    assert off == (422, f"mfa_{kind}_enroll_not_enabled")


@pytest.mark.supabase(auth={"enable_manual_linking": False})
def test_linking(supabase: Client) -> None:
    supabase.auth.sign_up(PERSON)
    off = reason(lambda: supabase.auth.link_identity({"provider": "google"}))
    assert off == (404, "manual_linking_disabled")


@pytest.mark.supabase(auth={"email": {"enable_signup": False}})
def test_addresses(supabase: Client) -> None:
    code = "email_provider_disabled"
    assert reason(lambda: supabase.auth.sign_up(PERSON)) == (400, code)
    asked: Any = {"email": PERSON["email"]}
    assert reason(lambda: supabase.auth.sign_in_with_otp(asked)) == (422, code)
    assert reason(lambda: supabase.auth.sign_in_with_password(PERSON)) == (422, code)
