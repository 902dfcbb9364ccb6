"""supabase-py: people without a name, and how they get one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from supabase import Client

from hipflask.testing import SupabaseBackend
from tests.contract import oauth
from tests.contract.links import token_hash_of
from tests.contract.oauth import HOME, go
from tests.contract.phones import CONFIRMED, PHONE, code_to
from tests.contract.refusals import reason
from tests.local.auth.external.loopback_provider import Provider

EMAIL = "ann@example.com"
PASSWORD = "a long enough password"

pytestmark = pytest.mark.supabase(auth={**CONFIRMED, "enable_anonymous_sign_ins": True})


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    yield from oauth.serve(request.node)


def names_of(user: Any) -> tuple[bool, list[str]]:
    """Return whether the user is anonymous, and the providers of the identities."""
    return user.is_anonymous, [one.provider for one in user.identities]


def test_signs_in(supabase: Client) -> None:
    answer = supabase.auth.sign_in_anonymously({"options": {"data": {"colour": "red"}}})
    assert answer.user is not None
    assert names_of(answer.user) == (True, [])
    assert answer.user.user_metadata == {"colour": "red"}


@pytest.mark.supabase(auth={"enable_anonymous_sign_ins": False})
def test_is_off(supabase: Client) -> None:
    assert reason(lambda: supabase.auth.sign_in_anonymously()) == (
        422,
        "anonymous_provider_disabled",
    )


def test_gets_a_name_by_mail_and_then_a_password(
    supabase: Client, backend: SupabaseBackend
) -> None:
    supabase.auth.sign_in_anonymously()
    early = reason(lambda: supabase.auth.update_user({"password": PASSWORD}))
    assert early == (422, "validation_failed")
    supabase.auth.update_user({"email": EMAIL})
    link = backend.mailbox.latest(to=EMAIL).link
    supabase.auth.verify_otp({"token_hash": token_hash_of(link), "type": "email_change"})
    named = supabase.auth.update_user({"password": PASSWORD}).user
    assert names_of(named) == (False, ["email"])
    again = supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD}).user
    assert again is not None
    assert again.id == named.id


def test_gets_a_name_by_phone(supabase: Client, backend: SupabaseBackend) -> None:
    supabase.auth.sign_in_anonymously()
    supabase.auth.update_user({"phone": PHONE})
    user = supabase.auth.verify_otp(
        {"phone": PHONE, "token": code_to(backend), "type": "phone_change"}
    ).user
    assert names_of(user) == (False, ["phone"])


def test_gets_a_name_from_a_provider(provider: Provider, supabase: Client) -> None:
    supabase.auth.sign_in_anonymously()
    asked: Any = {"provider": "keycloak", "options": {"redirect_to": HOME}}
    go(supabase.auth.link_identity(asked).url)
    user = supabase.auth.refresh_session().user
    assert user is not None
    assert names_of(user) == (False, ["keycloak"])
    assert user.email == provider.person["email"]


def test_a_name_belongs_to_one(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL)
    supabase.auth.sign_in_anonymously()
    taken = reason(lambda: supabase.auth.update_user({"email": EMAIL}))
    assert taken == (422, "email_exists")


def test_has_nothing_to_reauthenticate_with(supabase: Client) -> None:
    supabase.auth.sign_in_anonymously()
    assert reason(lambda: supabase.auth.reauthenticate()) == (400, "validation_failed")
