"""POST /signup."""

from __future__ import annotations

import re
import threading
from datetime import datetime
from typing import Any

import pytest

from hipflask.local.config.auth import SmtpOut
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import PASSWORD, AuthService, assert_refused, claims_of

ADA = {"email": "ada@example.com", "password": PASSWORD}


def test_signs_in_at_once_without_confirmation(auth: AuthService) -> None:
    answer = auth.sign_up()
    assert set(answer) == {
        "access_token",
        "token_type",
        "expires_in",
        "expires_at",
        "refresh_token",
        "user",
    }
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 3600)
    assert re.fullmatch("[a-z0-9]{12}", answer["refresh_token"])
    claims = claims_of(answer["access_token"])
    assert claims["amr"] == [{"method": "password", "timestamp": claims["iat"]}]
    assert answer["user"]["email_confirmed_at"] == answer["user"]["confirmed_at"]
    assert auth.audit_actions() == ["user_signedup", "login"]
    assert auth.outbox.mails == []


def test_user_has_gotrues_shape(auth: AuthService) -> None:
    user = auth.sign_up(data={"full_name": "Ada", "nothing": None})["user"]
    assert user["aud"] == user["role"] == "authenticated"
    assert user["phone"] == ""
    assert user["is_anonymous"] is False
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert user["user_metadata"] == {
        "sub": user["id"],
        "email": "ada@example.com",
        "email_verified": True,
        "phone_verified": False,
        "full_name": "Ada",
    }
    (identity,) = user["identities"]
    assert identity["id"] == identity["user_id"] == user["id"]
    assert identity["provider"] == "email"
    assert identity["identity_data"]["full_name"] == "Ada"
    assert "encrypted_password" not in user
    assert "confirmation_token" not in user


def test_moments_are_rfc_3339_in_utc(auth: AuthService) -> None:
    user = auth.sign_up()["user"]
    for name in ("created_at", "updated_at", "last_sign_in_at", "email_confirmed_at"):
        assert user[name].endswith("Z")
        assert datetime.fromisoformat(user[name]) == auth.clock.now()


def test_triggers_of_the_project_see_the_metadata(auth: AuthService) -> None:
    auth.database.execute(
        """create function public.seen() returns trigger language plpgsql as $$
           begin
             new.raw_app_meta_data = new.raw_app_meta_data
               || jsonb_build_object('name', new.raw_user_meta_data->>'full_name');
             return new;
           end $$;
           create trigger seen before insert on auth.users
             for each row execute function public.seen()"""
    )
    try:
        user = auth.sign_up(data={"full_name": "Ada"})["user"]
    finally:
        auth.database.execute("drop function public.seen cascade")
    assert user["app_metadata"]["name"] == "Ada"


@pytest.mark.parametrize(
    ("raised", "status", "body"),
    [
        (
            "using errcode = 'P0001', hint = 'ask us'",
            500,
            {"code": "P0001", "message": "invited only", "hint": "ask us"},
        ),
        ("using errcode = 'PT403'", 403, {"code": "PT403", "message": "invited only"}),
        ("using errcode = '42P01'", 500, None),
    ],
)
def test_error_of_a_projects_trigger_is_shown_as_gotrue_shows_it(
    auth: AuthService, raised: str, status: int, body: dict[str, str] | None
) -> None:
    auth.database.execute(
        f"""create function public.refuse() returns trigger language plpgsql as
            $$ begin raise exception 'invited only' {raised}; end $$;
            create trigger refuse before insert on auth.users
              for each row execute function public.refuse()"""
    )
    try:
        answer = auth.post("/signup", ADA)
        newer = auth.post("/signup", ADA, headers={"X-Supabase-Api-Version": "2024-01-01"})
    finally:
        auth.database.execute("drop function public.refuse cascade")
    assert answer.status_code == status
    if body is None:
        assert answer.json["msg"] == "Database error saving new user"
        assert answer.json["error_id"]
    else:
        assert answer.json == body
    assert newer.json == {
        "code": "unexpected_failure",
        "message": "Database error saving new user",
    }
    assert auth.count("auth.users") == 0


def test_unique_violation_in_a_projects_trigger_is_no_taken_address(auth: AuthService) -> None:
    auth.database.execute(
        """create table public.handles (handle text unique);
           insert into public.handles values ('x');
           alter table public.handles enable row level security;
           create function public.handle() returns trigger language plpgsql security definer as
             $$ begin insert into public.handles values ('x'); return new; end $$;
           create trigger handle after insert on auth.users
             for each row execute function public.handle()"""
    )
    try:
        answer = auth.post("/signup", ADA)
    finally:
        auth.database.execute("drop function public.handle cascade; drop table public.handles")
    assert (answer.status_code, answer.json["code"]) == (500, "23505")


def test_row_that_a_projects_constraint_refuses_is_not_shown(
    auth: AuthService, caplog: pytest.LogCaptureFixture
) -> None:
    auth.database.execute("alter table auth.users add constraint named check (phone is not null)")
    try:
        answer = auth.post("/signup", ADA)
    finally:
        auth.database.execute("alter table auth.users drop constraint named")
    assert answer.json["code"] == "23514"
    assert "$2a$" not in answer.text + caplog.text
    assert "23514" in caplog.text


def test_confirmation_waits_for_the_mail(confirming_auth: AuthService) -> None:
    user = confirming_auth.sign_up()
    assert "access_token" not in user
    assert user["confirmation_sent_at"]
    assert "email_confirmed_at" not in user
    assert user["user_metadata"]["email_verified"] is False
    assert len(user["identities"]) == 1
    assert confirming_auth.outbox.latest.to == "ada@example.com"
    assert confirming_auth.audit_actions() == ["user_confirmation_requested"]
    assert confirming_auth.count("auth.sessions") == 0


def test_confirmation_with_pkce_remembers_the_challenge(confirming_auth: AuthService) -> None:
    challenge = "a" * 43
    confirming_auth.sign_up(code_challenge=challenge, code_challenge_method="s256")
    row = confirming_auth.row(
        """select code_challenge, code_challenge_method::text, authentication_method
             from auth.flow_state"""
    )
    assert row == (challenge, "s256", "email/signup")
    assert confirming_auth.row("select confirmation_token from auth.users")[0].startswith("pkce_")


def test_confirmed_address_gets_a_made_up_answer(confirming_auth: AuthService) -> None:
    first = confirming_auth.sign_up(data={"name": "Ada"})
    confirming_auth.database.execute("update auth.users set email_confirmed_at = now()")
    mails = len(confirming_auth.outbox.mails)
    again = confirming_auth.sign_up(data={"name": "Eve"})
    assert again["id"] != first["id"]
    assert again["identities"] == []
    assert again["user_metadata"] == {"name": "Eve"}
    assert again["role"] == ""
    assert datetime.fromisoformat(again["created_at"]) == confirming_auth.clock.now()
    assert set(again) - {"role"} <= set(first)
    assert len(confirming_auth.outbox.mails) == mails
    assert confirming_auth.audit_actions()[-1] == "user_repeated_signup"


def test_confirmed_address_is_told_where_signup_signs_in(auth: AuthService) -> None:
    auth.sign_up()
    answer = auth.post("/signup", {**ADA, "email": "ADA@example.com"})
    assert_refused(answer, 422, "user_already_exists", "User already registered")
    assert auth.audit_actions()[-1] == "user_repeated_signup"
    assert auth.count("auth.users") == 1


def test_unconfirmed_address_gets_another_mail_and_keeps_its_password(
    confirming_auth: AuthService,
) -> None:
    first = confirming_auth.sign_up()
    stored = confirming_auth.row("select encrypted_password from auth.users")
    confirming_auth.clock.advance(minutes=2)
    again = confirming_auth.sign_up(password="another password", data={"name": "Eve"})
    assert again["id"] == first["id"]
    assert "name" not in again["user_metadata"]
    assert confirming_auth.row("select encrypted_password from auth.users") == stored
    assert len(confirming_auth.outbox.mails) == 2


def test_second_mail_too_soon(confirming_auth: AuthService) -> None:
    confirming_auth.sign_up()
    answer = confirming_auth.post("/signup", ADA)
    assert_refused(answer, 429, "over_email_send_rate_limit")
    assert answer.json["msg"].startswith("For security purposes, you can only request this after")


def test_more_mails_than_the_projects_server_may_send(make_auth: MakeAuth) -> None:
    auth = make_auth(
        email={"enable_confirmations": True, "smtp": SmtpOut()}, rate_limit={"email_sent": 1}
    )
    auth.sign_up("a@example.com")
    answer = auth.post("/signup", {**ADA, "email": "b@example.com"})
    assert_refused(answer, 429, "over_email_send_rate_limit", "email rate limit exceeded")
    assert auth.count("auth.users") == 1
    auth.clock.advance(hours=1)
    auth.sign_up("b@example.com")


def test_invited_user_stays_hidden(confirming_auth: AuthService) -> None:
    confirming_auth.sign_up(data={"secret": "plan"})
    confirming_auth.database.execute("update auth.users set invited_at = now()")
    confirming_auth.clock.advance(minutes=2)
    again = confirming_auth.sign_up()
    assert (again["user_metadata"], again["identities"]) == ({}, [])


def test_unproven_identity_of_a_provider_is_replaced(confirming_auth: AuthService) -> None:
    user = confirming_auth.sign_up()
    confirming_auth.database.execute(
        """update auth.identities set provider = 'github', provider_id = '7';
           update auth.users
              set raw_app_meta_data = '{"provider":"github","providers":["github"]}'"""
    )
    confirming_auth.clock.advance(minutes=2)
    again = confirming_auth.sign_up()
    assert again["id"] == user["id"]
    assert [one["provider"] for one in again["identities"]] == ["email"]
    assert again["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert confirming_auth.count("auth.identities") == 1


def test_two_at_once_make_one_user(auth: AuthService) -> None:
    answers: list[Any] = []
    go = threading.Barrier(4)

    def sign_up() -> None:
        go.wait()
        answers.append(auth.post("/signup", ADA))

    threads = [threading.Thread(target=sign_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422]
    assert auth.count("auth.users") == 1


def test_email_is_stored_in_lower_case(auth: AuthService) -> None:
    assert auth.sign_up("Ada@Example.COM")["user"]["email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({}, 422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled"),
        (
            {"email": "ada@example.com"},
            400,
            "validation_failed",
            "Signup requires a valid password",
        ),
        (
            {"email": "no at sign", "password": PASSWORD},
            400,
            "validation_failed",
            "Unable to validate email address: invalid format",
        ),
        (
            {"email": "a" * 251 + "@b.cd", "password": PASSWORD},
            400,
            "validation_failed",
            "An email address is too long",
        ),
        (
            {**ADA, "phone": "123"},
            400,
            "validation_failed",
            "Only an email address or phone number should be provided on signup.",
        ),
        (
            {"phone": "491701234567", "password": PASSWORD},
            400,
            "phone_provider_disabled",
            "Phone signups are disabled",
        ),
        (
            {**ADA, "code_challenge": "a" * 43},
            400,
            "validation_failed",
            "PKCE flow requires code_challenge_method and code_challenge",
        ),
        (
            {**ADA, "code_challenge": "a" * 42, "code_challenge_method": "s256"},
            400,
            "validation_failed",
            "code challenge has to be between 43 and 128 characters",
        ),
        (
            {**ADA, "code_challenge": "a" * 42 + "!", "code_challenge_method": "s256"},
            400,
            "validation_failed",
            (
                "code challenge can only contain alphanumeric characters, hyphens, periods,"
                " underscores and tildes"
            ),
        ),
        (
            {**ADA, "code_challenge": "a" * 43, "code_challenge_method": "md5"},
            400,
            "validation_failed",
            'unsupported code_challenge method "md5"',
        ),
        ({**ADA, "data": "text"}, 400, "bad_json", ""),
        ({"email": 7, "password": PASSWORD}, 400, "bad_json", ""),
    ],
)
def test_refuses(
    auth: AuthService, body: dict[str, Any], status: int, code: str, message: str
) -> None:
    assert_refused(auth.post("/signup", body), status, code, message)
    assert auth.count("auth.users") == 0


def test_weak_password_says_why(auth: AuthService) -> None:
    answer = auth.post("/signup", {**ADA, "password": "short"})
    assert_refused(answer, 422, "weak_password", "Password should be at least 6 characters.")
    assert answer.json["weak_password"] == {"reasons": ["length"]}


def test_signup_may_be_closed(make_auth: MakeAuth) -> None:
    auth = make_auth(enable_signup=False)
    answer = auth.post("/signup", ADA)
    assert_refused(answer, 422, "signup_disabled", "Signups not allowed for this instance")


def test_email_may_be_switched_off(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"enable_signup": False})
    answer = auth.post("/signup", ADA)
    assert_refused(answer, 400, "email_provider_disabled", "Email signups are disabled")


def test_password_is_stored_as_bcrypt_of_the_contexts_cost(auth: AuthService) -> None:
    auth.sign_up()
    assert auth.row("select encrypted_password from auth.users")[0].startswith("$2a$04$")


def test_nothing_is_stored_when_the_mail_cannot_leave(
    make_auth: MakeAuth, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def send(self, mail: object) -> None:
            raise OSError("connection refused")

    auth = make_auth(context={"mailer": Broken()}, email={"enable_confirmations": True})
    answer = auth.post("/signup", ADA)
    assert_refused(answer, 500, "unexpected_failure", "Error sending confirmation email")
    assert auth.count("auth.users") == 0
    assert PASSWORD not in caplog.text
