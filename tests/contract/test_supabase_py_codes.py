"""supabase-py: what mails carry, of every type: digits, hashes, codes of PKCE."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from supabase import Client
from supabase_auth.errors import AuthInvalidCredentialsError

from hipflask.testing import SupabaseBackend
from tests.contract.links import query_of, redirect_of, token_hash_of
from tests.contract.refusals import reason

EMAIL = "ann@example.com"
NEW_EMAIL = "new@example.com"
PASSWORD = "a long enough password"
SIGN_UP: Any = {"email": EMAIL, "password": PASSWORD}
EXPIRED = (403, "otp_expired")
Ask = Callable[[Client, Client, SupabaseBackend], str]

pytestmark = pytest.mark.supabase(
    auth={"email": {"enable_confirmations": True, "double_confirm_changes": False}}
)


def signup(client: Client, _admin: Client, _backend: SupabaseBackend) -> str:
    client.auth.sign_up(SIGN_UP)
    return EMAIL


def magiclink(client: Client, _admin: Client, backend: SupabaseBackend) -> str:
    backend.create_user(EMAIL)
    client.auth.sign_in_with_otp({"email": EMAIL})
    return EMAIL


def recovery(client: Client, _admin: Client, backend: SupabaseBackend) -> str:
    backend.create_user(EMAIL)
    client.auth.reset_password_email(EMAIL)
    return EMAIL


def invite(_client: Client, admin: Client, _backend: SupabaseBackend) -> str:
    admin.auth.admin.invite_user_by_email(EMAIL)
    return EMAIL


def email_change(client: Client, _admin: Client, backend: SupabaseBackend) -> str:
    backend.create_user(EMAIL, password=PASSWORD)
    client.auth.sign_in_with_password(SIGN_UP)
    client.auth.update_user({"email": NEW_EMAIL})
    return NEW_EMAIL


TYPES: list[tuple[str, Ask]] = [
    ("signup", signup),
    ("email", signup),
    ("magiclink", magiclink),
    ("recovery", recovery),
    ("invite", invite),
    ("email_change", email_change),
]


@pytest.mark.parametrize(("kind", "ask"), TYPES)
def test_digits_of_each_type(
    supabase: Client, supabase_admin: Client, backend: SupabaseBackend, kind: str, ask: Ask
) -> None:
    address = ask(supabase, supabase_admin, backend)
    code = backend.mailbox.latest(to=address).code
    shown: Any = {"email": address, "token": code, "type": kind}
    wrong: Any = {**shown, "token": f"{(int(code) + 1) % 10**6:06d}"}
    assert reason(lambda: supabase.auth.verify_otp(wrong)) == EXPIRED
    answer = supabase.auth.verify_otp(shown)
    assert answer.session is not None
    assert answer.session.user.email == address
    assert reason(lambda: supabase.auth.verify_otp(shown)) == EXPIRED


@pytest.mark.parametrize(("kind", "ask"), TYPES)
def test_hash_of_each_type(
    supabase: Client, supabase_admin: Client, backend: SupabaseBackend, kind: str, ask: Ask
) -> None:
    address = ask(supabase, supabase_admin, backend)
    token_hash = token_hash_of(backend.mailbox.latest(to=address).link)
    shown: Any = {"token_hash": token_hash, "type": kind}
    answer = supabase.auth.verify_otp(shown)
    assert answer.session is not None
    assert answer.session.user.email == address
    assert reason(lambda: supabase.auth.verify_otp(shown)) == EXPIRED


@pytest.mark.parametrize(
    ("shown", "refused"),
    [
        ({"email": EMAIL, "type": "email"}, (400, "validation_failed")),
        ({"token": "123456", "type": "email"}, (400, "validation_failed")),
        ({"email": "no address", "token": "123456", "type": "email"}, (422, "validation_failed")),
        ({"email": EMAIL, "token": "123456", "type": "unheard"}, EXPIRED),
    ],
)
def test_not_even_a_question(supabase: Client, shown: Any, refused: tuple[int, str]) -> None:
    assert reason(lambda: supabase.auth.verify_otp(shown)) == refused


@pytest.mark.supabase(auth={"email": {"double_confirm_changes": True}})
def test_the_first_of_two_confirmations_opens_no_session(
    supabase: Client, supabase_admin: Client, backend: SupabaseBackend
) -> None:
    email_change(supabase, supabase_admin, backend)
    for address, opens in ((EMAIL, False), (NEW_EMAIL, True)):
        link = backend.mailbox.latest(to=address).link
        answer = supabase.auth.verify_otp(
            {"token_hash": token_hash_of(link), "type": "email_change"}
        )
        assert (answer.session is not None) == opens


def test_resends_an_email_change(
    supabase: Client, supabase_admin: Client, backend: SupabaseBackend
) -> None:
    email_change(supabase, supabase_admin, backend)
    supabase.auth.resend({"type": "email_change", "email": EMAIL})
    assert len(backend.mailbox.messages(to=NEW_EMAIL)) == 2


@pytest.mark.parametrize(
    "asked", [{"type": "recovery", "email": EMAIL}, {"type": "signup", "email": "no address"}]
)
def test_resends_only_what_it_knows(supabase: Client, asked: Any) -> None:
    assert reason(lambda: supabase.auth.resend(asked)) == (400, "validation_failed")


def test_asks_for_an_address_itself(supabase: Client) -> None:
    nothing: Any = {"type": "signup"}
    with pytest.raises(AuthInvalidCredentialsError):
        supabase.auth.resend(nothing)
    with pytest.raises(AuthInvalidCredentialsError):
        supabase.auth.sign_in_with_otp(nothing)
    with pytest.raises(AuthInvalidCredentialsError):
        supabase.auth.sign_up(nothing)
    with pytest.raises(AuthInvalidCredentialsError):
        supabase.auth.sign_in_with_password(nothing)


@pytest.mark.supabase(auth={"email": {"max_frequency": timedelta(minutes=1)}})
def test_mails_keep_their_distance(supabase: Client, backend: SupabaseBackend) -> None:
    often = (429, "over_email_send_rate_limit")
    supabase.auth.sign_up(SIGN_UP)
    assert reason(lambda: supabase.auth.resend({"type": "signup", "email": EMAIL})) == often
    assert reason(lambda: supabase.auth.sign_in_with_otp({"email": EMAIL})) == often
    backend.clock.advance(minutes=2)
    supabase.auth.reset_password_for_email(EMAIL)
    assert reason(lambda: supabase.auth.reset_password_for_email(EMAIL)) == often
    assert reason(lambda: supabase.auth.reset_password_email(EMAIL)) == often


def trade(code: str, verifier: str = "") -> Any:
    """Return what a code is traded with; without a verifier the client takes the stored one."""
    return {"auth_code": code, "code_verifier": verifier, "redirect_to": ""}


def code_of(backend: SupabaseBackend) -> str:
    """Open the last link and return the code that it hands to the application."""
    return query_of(redirect_of(backend.mailbox.latest(to=EMAIL).link))["code"]


def test_a_code_needs_its_verifier(
    python_client: Callable[..., Client], backend: SupabaseBackend
) -> None:
    client, other = python_client(flow_type="pkce"), python_client()
    client.auth.sign_up(SIGN_UP)
    code, wrong = code_of(backend), "v" * 43
    bad = reason(lambda: client.auth.exchange_code_for_session(trade(code, wrong)))
    assert bad == (400, "bad_code_verifier")
    none = reason(lambda: other.auth.exchange_code_for_session(trade(code)))
    assert none == (400, "validation_failed")
    session = client.auth.exchange_code_for_session(trade(code)).session
    assert session is not None
    assert session.user.email == EMAIL
    again = reason(lambda: client.auth.exchange_code_for_session(trade(code, wrong)))
    assert again == (404, "flow_state_not_found")


def test_a_code_grows_old(python_client: Callable[..., Client], backend: SupabaseBackend) -> None:
    client = python_client(flow_type="pkce")
    client.auth.sign_up(SIGN_UP)
    code = code_of(backend)
    backend.clock.advance(minutes=6)
    assert reason(lambda: client.auth.exchange_code_for_session(trade(code))) == (
        422,
        "flow_state_expired",
    )


def test_recovery_says_so(python_client: Callable[..., Client], backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL)
    client = python_client(flow_type="pkce")
    heard: list[str] = []
    client.auth.on_auth_state_change(lambda event, _: heard.append(event))
    client.auth.reset_password_for_email(EMAIL)
    client.auth.exchange_code_for_session(trade(code_of(backend)))
    assert heard == ["PASSWORD_RECOVERY"]
