"""Whose account it becomes: by identity, by verified address, by hand, by invitation."""

from __future__ import annotations

import pytest

from tests.local.auth.external.conftest import Journey, Travel, fragment_of, query_of
from tests.local.auth.service import PASSWORD, assert_refused

ADA = "ada@example.com"


def link(journey: Journey, bearer: str, name: str = "google") -> str:
    return journey.go(name, bearer=bearer)


def providers(journey: Journey, bearer: str) -> list[str]:
    user = journey.auth.get("/user", bearer=bearer).json
    assert sorted(one["provider"] for one in user["identities"]) == sorted(
        user["app_metadata"]["providers"]
    )
    return list(user["app_metadata"]["providers"])


def test_a_verified_address_links_to_the_confirmed_account(travel: Travel) -> None:
    journey = travel(confirm=False)
    signed_up = journey.auth.sign_up(ADA)
    tokens = fragment_of(journey.go())
    user = journey.auth.get("/user", bearer=tokens["access_token"]).json
    assert user["id"] == signed_up["user"]["id"]
    assert providers(journey, tokens["access_token"]) == ["email", "google"]
    assert journey.auth.sign_in(ADA)["user"]["id"] == user["id"]  # the password still works
    assert journey.auth.audit_actions()[2:4] == ["identity_linked", "login"]


def test_two_providers_one_person(journey: Journey) -> None:
    journey.go("google")
    tokens = fragment_of(journey.go("github"))
    assert providers(journey, tokens["access_token"]) == ["google", "github"]
    assert journey.auth.count("auth.users") == 1


def test_an_unconfirmed_account_loses_what_another_may_have_set(journey: Journey) -> None:
    journey.auth.sign_up(ADA, data={"trap": "yes"})
    tokens = fragment_of(journey.go())
    assert providers(journey, tokens["access_token"]) == ["google"]
    assert (
        "trap" not in journey.auth.get("/user", bearer=tokens["access_token"]).json["user_metadata"]
    )
    answer = journey.auth.post("/token?grant_type=password", {"email": ADA, "password": PASSWORD})
    assert_refused(answer, 400, "invalid_credentials")


def test_an_unverified_address_gets_a_mail(journey: Journey) -> None:
    journey.provider.person["email_verified"] = False
    error = query_of(journey.go())
    assert (error["error"], error["error_code"]) == (
        "access_denied",
        "provider_email_needs_verification",
    )
    assert journey.auth.outbox.latest.to == ADA
    assert journey.auth.row("select email_confirmed_at from auth.users") == (None,)
    assert journey.auth.count("auth.sessions") == 0
    token = journey.auth.row("select confirmation_token from auth.users")[0]
    confirmed = journey.auth.post("/verify", {"type": "signup", "token_hash": token})
    assert confirmed.json["user"]["email"] == ADA
    assert "access_token" in fragment_of(journey.go())


def test_an_unverified_address_takes_nobodys_account(journey: Journey) -> None:
    journey.go("google")
    journey.provider.person |= {"sub": "evil", "email_verified": False}
    error = query_of(journey.go("github"))
    assert error["error_code"] == "provider_email_needs_verification"
    assert journey.auth.count("auth.users", "email = %s", ADA) == 1
    assert journey.auth.count("auth.identities", "provider = 'github'") == 1
    assert journey.auth.row(
        "select u.email from auth.users u join auth.identities i on i.user_id = u.id"
        " where i.provider = 'github'"
    ) == (None,)


def test_more_than_one_account_is_meant(journey: Journey) -> None:
    journey.go("google")
    journey.auth.database.execute(
        """insert into auth.users (id, aud, email, created_at) values
             ('11111111-1111-1111-1111-111111111111', 'authenticated', 'b@example.com', now());
           insert into auth.identities (id, user_id, provider, provider_id, identity_data)
             values (gen_random_uuid(), '11111111-1111-1111-1111-111111111111', 'acme', 'x',
                     '{"sub": "x", "email": "ada@example.com"}')"""
    )
    error = query_of(journey.go("github"))
    assert error["error"] == "server_error"
    assert error["error_description"].startswith("Multiple accounts with the same email address")


def test_sign_up_is_closed(travel: Travel) -> None:
    error = query_of(travel(enable_signup=False).go())
    assert (error["error"], error["error_code"]) == ("access_denied", "signup_disabled")


def test_banned(journey: Journey) -> None:
    journey.go()
    journey.auth.database.execute("update auth.users set banned_until = '2100-01-01'")
    error = query_of(journey.go())
    assert (error["error"], error["error_code"]) == ("access_denied", "user_banned")


def test_no_address(journey: Journey) -> None:
    del journey.provider.person["email"]
    error = query_of(journey.go())
    assert error["error_description"] == "Error getting user email from external provider"


def test_no_address_where_it_is_optional(travel: Travel) -> None:
    from hipflask.local.config.auth import ExternalConfig

    journey = travel(external={"google": ExternalConfig(enabled=True, email_optional=True)})
    del journey.provider.person["email"]
    tokens = fragment_of(journey.go())
    assert journey.auth.get("/user", bearer=tokens["access_token"]).json["email"] == ""
    assert "access_token" in fragment_of(journey.go())


def test_a_refusing_trigger_of_the_project(journey: Journey) -> None:
    journey.auth.database.execute(
        """create function public.refuse_users() returns trigger language plpgsql as
             $$ begin raise exception 'members only'; end $$;
           create trigger refuse before insert on auth.users
             for each row execute function public.refuse_users()"""
    )
    try:
        error = query_of(journey.go())
    finally:
        journey.auth.database.execute("drop function public.refuse_users cascade")
    assert error["error"] == "server_error"
    assert journey.auth.count("auth.users") == 0


def test_links_by_hand(journey: Journey) -> None:
    bearer = fragment_of(journey.go("google"))["access_token"]
    journey.provider.person |= {"sub": "gh", "email": "other@example.com"}
    end = link(journey, bearer, "github")
    assert "access_token" in fragment_of(end)
    assert providers(journey, bearer) == ["google", "github"]
    again = query_of(link(journey, bearer, "github"))
    assert (again["error_code"], again["error_description"]) == (
        "identity_already_exists",
        "Identity is already linked",
    )


def test_an_identity_of_another_user_is_not_linked(journey: Journey) -> None:
    journey.go("google")
    journey.provider.person |= {"sub": "gh", "email": "other@example.com"}
    bearer = fragment_of(journey.go("github"))["access_token"]
    journey.provider.person |= {"sub": "g-1", "email": ADA}
    error = query_of(link(journey, bearer, "google"))
    assert error["error_description"] == "Identity is already linked to another user"


def test_an_anonymous_user_becomes_one_with_an_address(travel: Travel) -> None:
    journey = travel(enable_anonymous_sign_ins=True)
    visitor = journey.auth.post("/signup", {}).json
    link(journey, visitor["access_token"])
    user = journey.auth.get("/user", bearer=visitor["access_token"]).json
    assert (user["is_anonymous"], user["email"]) == (False, ADA)
    assert user["email_confirmed_at"]


def test_an_anonymous_user_and_a_taken_address(travel: Travel) -> None:
    journey = travel(enable_anonymous_sign_ins=True)
    journey.go()
    journey.provider.person["sub"] = "another"
    visitor = journey.auth.post("/signup", {}).json
    assert query_of(link(journey, visitor["access_token"]))["error_code"] == "email_exists"


def test_an_anonymous_user_and_an_unverified_address(travel: Travel) -> None:
    journey = travel(enable_anonymous_sign_ins=True)
    journey.provider.person["email_verified"] = False
    visitor = journey.auth.post("/signup", {}).json
    error = query_of(link(journey, visitor["access_token"]))
    assert error["error_code"] == "email_not_confirmed"
    assert journey.auth.outbox.latest.to == ADA


def test_the_client_may_want_the_address_only(journey: Journey) -> None:
    bearer = fragment_of(journey.go("google"))["access_token"]
    path = "/user/identities/authorize?provider=github&skip_http_redirect=true"
    answer = journey.auth.get(path, bearer=bearer)
    assert answer.json["url"].startswith(f"{journey.provider.base}/github/authorize")


def test_unlinks(journey: Journey) -> None:
    journey.go("google")
    bearer = fragment_of(journey.go("github"))["access_token"]
    identities = journey.auth.get("/user", bearer=bearer).json["identities"]
    google = next(one for one in identities if one["provider"] == "google")
    answer = journey.auth.delete(f"/user/identities/{google['identity_id']}", bearer=bearer)
    assert (answer.status_code, answer.json) == (200, {})
    assert providers(journey, bearer) == ["github"]
    assert journey.auth.audit_actions()[-1] == "identity_unlinked"
    github = next(one for one in identities if one["provider"] == "github")
    last = journey.auth.delete(f"/user/identities/{github['identity_id']}", bearer=bearer)
    assert_refused(last, 422, "single_identity_not_deletable")


def test_the_address_follows_the_identities(journey: Journey) -> None:
    bearer = fragment_of(journey.go("google"))["access_token"]
    journey.provider.person |= {"sub": "gh", "email": "other@example.com"}
    link(journey, bearer, "github")
    google = journey.auth.row("select id from auth.identities where provider = 'google'")[0]
    journey.auth.delete(f"/user/identities/{google}", bearer=bearer)
    user = journey.auth.get("/user", bearer=bearer).json
    assert user["email"] == "other@example.com"
    assert user["email_confirmed_at"]


def test_an_address_that_cannot_follow(journey: Journey) -> None:
    bearer = fragment_of(journey.go("google"))["access_token"]
    journey.provider.person |= {"sub": "gh", "email": "other@example.com"}
    link(journey, bearer, "github")
    journey.auth.database.execute(
        """insert into auth.users (id, instance_id, aud, email, created_at) values
             (gen_random_uuid(), '00000000-0000-0000-0000-000000000000', 'authenticated',
              'other@example.com', now())"""
    )
    google = journey.auth.row("select id from auth.identities where provider = 'google'")[0]
    answer = journey.auth.delete(f"/user/identities/{google}", bearer=bearer)
    assert_refused(answer, 422, "email_conflict_identity_not_deletable")
    assert providers(journey, bearer) == ["google", "github"]


@pytest.mark.parametrize(
    ("identity", "status", "code"),
    [
        ("1", 404, "validation_failed"),
        ("11111111-1111-1111-1111-111111111111", 422, "identity_not_found"),
    ],
)
def test_an_identity_that_is_not_there(
    journey: Journey, identity: str, status: int, code: str
) -> None:
    journey.go("google")
    bearer = fragment_of(journey.go("github"))["access_token"]
    answer = journey.auth.delete(f"/user/identities/{identity}", bearer=bearer)
    assert_refused(answer, status, code)


def test_linking_by_hand_is_off(travel: Travel) -> None:
    journey = travel(enable_manual_linking=False)
    bearer = fragment_of(journey.go())["access_token"]
    answer = journey.auth.get("/user/identities/authorize?provider=github", bearer=bearer)
    assert_refused(answer, 404, "manual_linking_disabled", "Manual linking is disabled")
    assert_refused(
        journey.auth.delete("/user/identities/1", bearer=bearer), 404, "manual_linking_disabled"
    )


def test_an_invited_person_comes_by_a_provider(journey: Journey) -> None:
    journey.auth.post("/invite", {"email": ADA}, bearer=journey.auth.service_role)
    token = journey.auth.row("select confirmation_token from auth.users")[0]
    journey.provider.person["email"] = "other@example.com"
    error = query_of(journey.go(invite_token=token))
    assert error["error_description"] == (
        "Invited email does not match emails from external provider"
    )
    journey.provider.person["email"] = ADA
    tokens = fragment_of(journey.go(invite_token=token))
    assert providers(journey, tokens["access_token"]) == ["google"]
    assert "invite_accepted" in journey.auth.audit_actions()
