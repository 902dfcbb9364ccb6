"""supabase-py, the official Python client: what a user of an application does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from supabase import AuthApiError, Client
from supabase_auth.errors import AuthSessionMissingError, AuthWeakPasswordError

from hipflask.testing import SupabaseBackend
from tests.contract.links import fragment_of, query_of, redirect_of, token_hash_of

EMAIL = "ann@example.com"
PASSWORD = "a long enough password"

pytestmark = pytest.mark.supabase(
    auth={
        "site_url": "http://127.0.0.1:8080",
        "additional_redirect_urls": ("http://127.0.0.1:8080/**",),
        "email": {"enable_confirmations": True},
    }
)


def sign_up(client: Client, email: str = EMAIL) -> None:
    client.auth.sign_up({"email": email, "password": PASSWORD, "options": {"data": {"name": "A"}}})


def test_sign_up_waits_for_the_confirmation(supabase: Client, backend: SupabaseBackend) -> None:
    answer = supabase.auth.sign_up({"email": EMAIL, "password": PASSWORD})
    assert answer.session is None
    assert answer.user is not None
    assert answer.user.email == EMAIL
    assert answer.user.email_confirmed_at is None
    assert backend.mailbox.latest(to=EMAIL).links
    with pytest.raises(AuthApiError) as refused:
        supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    assert refused.value.code == "email_not_confirmed"


@pytest.mark.supabase(auth={"email": {"enable_confirmations": False}})
def test_sign_up_without_confirmation_signs_in(supabase: Client) -> None:
    answer = supabase.auth.sign_up({"email": EMAIL, "password": PASSWORD})
    assert answer.session is not None
    assert answer.session.token_type == "bearer"
    assert answer.user is not None
    assert answer.user.email_confirmed_at is not None


def test_confirms_by_token_hash(supabase: Client, backend: SupabaseBackend) -> None:
    sign_up(supabase)
    link = backend.mailbox.latest(to=EMAIL).link
    answer = supabase.auth.verify_otp({"token_hash": token_hash_of(link), "type": "signup"})
    assert answer.session is not None
    assert answer.user is not None
    assert answer.user.user_metadata["name"] == "A"
    assert answer.user.identities is not None
    assert answer.user.identities[0].provider == "email"


def test_confirms_by_six_digits(supabase: Client, backend: SupabaseBackend) -> None:
    sign_up(supabase)
    code = backend.mailbox.latest(to=EMAIL).code
    answer = supabase.auth.verify_otp({"email": EMAIL, "token": code, "type": "email"})
    assert answer.session is not None


def test_confirms_by_link_into_the_fragment(supabase: Client, backend: SupabaseBackend) -> None:
    sign_up(supabase)
    target = redirect_of(backend.mailbox.latest(to=EMAIL).link)
    tokens = fragment_of(target)
    assert target.startswith("http://127.0.0.1:8080")
    assert tokens["type"] == "signup"
    answer = supabase.auth.set_session(tokens["access_token"], tokens["refresh_token"])
    assert answer.user is not None
    assert answer.user.email == EMAIL


def test_confirms_by_pkce_code(
    python_client: Callable[..., Client], backend: SupabaseBackend
) -> None:
    client = python_client(flow_type="pkce")
    sign_up(client)
    target = redirect_of(backend.mailbox.latest(to=EMAIL).link)
    answer = client.auth.exchange_code_for_session(
        {
            "auth_code": query_of(target)["code"],
            "code_verifier": "",
            "redirect_to": "",
        }
    )
    assert answer.session is not None


def test_a_link_works_once(supabase: Client, backend: SupabaseBackend) -> None:
    sign_up(supabase)
    link = backend.mailbox.latest(to=EMAIL).link
    redirect_of(link)
    assert fragment_of(redirect_of(link))["error_code"] == "otp_expired"


def test_a_code_expires(supabase: Client, backend: SupabaseBackend) -> None:
    sign_up(supabase)
    code = backend.mailbox.latest(to=EMAIL).code
    backend.clock.advance(days=2)
    with pytest.raises(AuthApiError) as refused:
        supabase.auth.verify_otp({"email": EMAIL, "token": code, "type": "email"})
    assert refused.value.code == "otp_expired"


def test_signs_in_and_reads_the_user(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    answer = supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    assert answer.session is not None
    user = supabase.auth.get_user()
    assert user is not None
    assert user.user.email == EMAIL
    assert user.user.last_sign_in_at is not None


def test_claims_verify_with_the_published_keys(supabase: Client, backend: SupabaseBackend) -> None:
    user = backend.create_user(EMAIL, password=PASSWORD)
    supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    verified = supabase.auth.get_claims()
    assert verified is not None
    assert verified["headers"]["alg"] == "ES256"
    assert verified["claims"]["sub"] == user.id
    assert verified["claims"]["role"] == "authenticated"


def test_refresh_rotates_the_token(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    first = supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD}).session
    second = supabase.auth.refresh_session().session
    assert first is not None
    assert second is not None
    assert second.refresh_token != first.refresh_token


def test_a_replayed_refresh_token_ends_the_family(
    supabase: Client, backend: SupabaseBackend
) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    first = supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD}).session
    assert first is not None
    newest = supabase.auth.refresh_session().session
    assert newest is not None
    newest = supabase.auth.refresh_session().session
    assert newest is not None
    backend.clock.advance(minutes=1)  # beyond the reuse interval
    with pytest.raises(AuthApiError) as replayed:
        supabase.auth.refresh_session(first.refresh_token)
    assert replayed.value.code == "refresh_token_already_used"
    backend.clock.advance(minutes=1)  # the reuse interval begins anew with the revocation
    with pytest.raises(AuthApiError):
        supabase.auth.refresh_session(newest.refresh_token)


def test_recovers_by_mail(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    supabase.auth.reset_password_for_email(
        EMAIL, {"redirect_to": "http://127.0.0.1:8080/users/reset-password"}
    )
    target = redirect_of(backend.mailbox.latest(to=EMAIL).link)
    assert target.startswith("http://127.0.0.1:8080/users/reset-password#")
    tokens = fragment_of(target)
    assert tokens["type"] == "recovery"
    supabase.auth.set_session(tokens["access_token"], tokens["refresh_token"])
    supabase.auth.update_user({"password": "an even longer password"})
    supabase.auth.sign_out()
    answer = supabase.auth.sign_in_with_password(
        {"email": EMAIL, "password": "an even longer password"}
    )
    assert answer.session is not None


def test_a_foreign_redirect_goes_to_the_site(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    supabase.auth.reset_password_for_email(EMAIL, {"redirect_to": "https://evil.example/"})
    assert redirect_of(backend.mailbox.latest(to=EMAIL).link).startswith("http://127.0.0.1:8080")


def test_recovery_of_an_unknown_address_tells_nothing(
    supabase: Client, backend: SupabaseBackend
) -> None:
    supabase.auth.reset_password_for_email("nobody@example.com")
    assert len(backend.mailbox) == 0


def test_one_time_password_signs_in(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    supabase.auth.sign_in_with_otp({"email": EMAIL, "options": {"should_create_user": False}})
    code = backend.mailbox.latest(to=EMAIL).code
    answer = supabase.auth.verify_otp({"email": EMAIL, "token": code, "type": "email"})
    assert answer.session is not None


def test_resend_sends_again(supabase: Client, backend: SupabaseBackend) -> None:
    sign_up(supabase)
    supabase.auth.resend({"type": "signup", "email": EMAIL})
    first, second = backend.mailbox.messages(to=EMAIL)
    assert token_hash_of(first.link) != token_hash_of(second.link)
    link = second.link
    answer = supabase.auth.verify_otp({"token_hash": token_hash_of(link), "type": "signup"})
    assert answer.session is not None


def test_updates_the_user(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    answer = supabase.auth.update_user({"data": {"city": "Basel"}})
    assert answer.user.user_metadata["city"] == "Basel"


def test_changes_the_address_with_both_consents(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    supabase.auth.update_user({"email": "new@example.com"})
    redirect_of(backend.mailbox.latest(to=EMAIL).link)
    redirect_of(backend.mailbox.latest(to="new@example.com").link)
    user = supabase.auth.get_user()
    assert user is not None
    assert user.user.email == "new@example.com"


def test_reauthenticates_with_a_nonce(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    supabase.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
    supabase.auth.reauthenticate()
    nonce = backend.mailbox.latest(to=EMAIL).code
    answer = supabase.auth.update_user({"password": "another long password", "nonce": nonce})
    assert answer.user.email == EMAIL


@pytest.mark.parametrize(
    ("scope", "this_lives", "other_lives"),
    [("local", False, True), ("others", True, False), ("global", False, False)],
)
def test_signs_out_by_scope(
    python_client: Callable[..., Client],
    backend: SupabaseBackend,
    scope: str,
    this_lives: bool,
    other_lives: bool,
) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    tokens = []
    clients = [python_client(), python_client()]
    for client in clients:
        answer = client.auth.sign_in_with_password({"email": EMAIL, "password": PASSWORD})
        assert answer.session is not None
        tokens.append(answer.session.refresh_token)
    clients[0].auth.sign_out({"scope": scope})  # type: ignore[typeddict-item]
    for token, lives in zip(tokens, (this_lives, other_lives), strict=True):
        if lives:
            assert python_client().auth.refresh_session(token).session is not None
        else:
            with pytest.raises(AuthApiError) as refused:
                python_client().auth.refresh_session(token)
            assert refused.value.code in ("refresh_token_not_found", "session_not_found")


@pytest.mark.supabase(auth={"enable_anonymous_sign_ins": True})
def test_an_anonymous_user_becomes_permanent(supabase: Client, backend: SupabaseBackend) -> None:
    answer = supabase.auth.sign_in_anonymously()
    assert answer.user is not None
    assert answer.user.is_anonymous is True
    supabase.auth.update_user({"email": EMAIL})
    redirect_of(backend.mailbox.latest(to=EMAIL).link)
    user = supabase.auth.get_user()
    assert user is not None
    assert user.user.is_anonymous is False


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        (EMAIL, "the wrong password", "invalid_credentials"),
        ("nobody@example.com", PASSWORD, "invalid_credentials"),
        ("not an address", PASSWORD, "invalid_credentials"),
    ],
)
def test_wrong_sign_in_is_refused_alike(
    supabase: Client, backend: SupabaseBackend, email: str, password: str, code: str
) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    with pytest.raises(AuthApiError) as refused:
        supabase.auth.sign_in_with_password({"email": email, "password": password})
    assert (refused.value.status, refused.value.code) == (400, code)


def test_a_weak_password_is_refused_with_its_reasons(supabase: Client) -> None:
    with pytest.raises(AuthWeakPasswordError) as refused:
        supabase.auth.sign_up({"email": EMAIL, "password": "12345"})
    assert refused.value.reasons == ["length"]


def test_an_address_without_at_is_refused(supabase: Client) -> None:
    with pytest.raises(AuthApiError) as refused:
        supabase.auth.sign_up({"email": "ann.example.com", "password": PASSWORD})
    assert refused.value.code == "validation_failed"


def test_signing_up_twice_tells_nothing(supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user(EMAIL, password=PASSWORD)
    answer = supabase.auth.sign_up({"email": EMAIL, "password": PASSWORD})
    assert answer.session is None
    assert answer.user is not None
    assert answer.user.identities == []


def test_a_forged_token_is_refused(supabase: Client, backend: SupabaseBackend) -> None:
    session = backend.signed_in(EMAIL)
    head, body, signature = session.access_token.split(".")
    forged = f"{head}.{body}.{signature[::-1]}"
    with pytest.raises(AuthApiError) as refused:
        supabase.auth.get_user(forged)
    assert refused.value.code == "bad_jwt"


def test_update_needs_a_session(supabase: Client) -> None:
    with pytest.raises(AuthSessionMissingError):
        supabase.auth.update_user({"data": {}})


@pytest.mark.parametrize("key", ["sb_publishable_forged", "eyJhbGciOiJIUzI1NiJ9.e30.x", ""])
def test_a_wrong_api_key_is_refused(backend: SupabaseBackend, key: str) -> None:
    answer = backend.request("GET", "/auth/v1/settings", headers={"apikey": key})
    assert answer.status_code == 401
