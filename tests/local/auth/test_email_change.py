"""A change of address: PUT /user asks for it, one or two mails confirm it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hipflask.local.config.auth import NotificationConfig
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.flows import ADA, HOME, PKCE, VERIFIER, confirm_ada
from tests.local.auth.mails import ReadMail, fragment_of, query_of
from tests.local.auth.service import AuthService, assert_refused, claims_of

NEW = "ada@lovelace.example"
ONE_OF_TWO = "Confirmation link accepted. Please proceed to confirm link sent to the other email"


@pytest.fixture
def double(make_auth: MakeAuth) -> AuthService:
    """Both addresses must agree (config.toml's default)."""
    return make_auth(email={"enable_confirmations": True})


@pytest.fixture
def single(make_auth: MakeAuth) -> AuthService:
    """The new address alone must agree."""
    return make_auth(email={"enable_confirmations": True, "double_confirm_changes": False})


def ask(auth: AuthService, **challenge: str) -> dict[str, ReadMail]:
    """Ask for the change; return the mails by address."""
    confirm_ada(auth)
    tokens = auth.sign_in()
    answer = auth.put(
        f"/user?redirect_to={HOME}", {"email": NEW, **challenge}, bearer=tokens["access_token"]
    )
    assert answer.status_code == 200, answer.json
    assert (answer.json["email"], answer.json["new_email"]) == (ADA, NEW)
    return {mail.to: ReadMail.of(mail) for mail in auth.outbox.mails}


def by_hash(auth: AuthService, mail: ReadMail) -> Any:
    return auth.post("/verify", {"type": "email_change", "token_hash": mail.token_hash}).json


def by_code(auth: AuthService, mail: ReadMail) -> Any:
    proof = {"type": "email_change", "email": mail.to, "token": mail.code}
    return auth.post("/verify", proof).json


@pytest.mark.parametrize("prove", [by_hash, by_code])
@pytest.mark.parametrize("challenge", [{}, PKCE], ids=["implicit", "pkce"])
@pytest.mark.parametrize("first", [ADA, NEW])
def test_both_addresses_agree(double: AuthService, prove: Any, challenge: Any, first: str) -> None:
    mails = ask(double, **challenge)
    assert set(mails) == {ADA, NEW}
    assert prove(double, mails.pop(first)) == {"msg": ONE_OF_TWO, "code": "200"}
    assert double.row("select email, email_change_confirm_status from auth.users") == (ADA, 1)
    used = "email_change_token_current" if first == ADA else "email_change_token_new"
    assert double.row(f"select {used} from auth.users") == ("",)
    (second,) = mails.values()
    tokens = prove(double, second)
    assert claims_of(tokens["access_token"])["email"] == NEW
    assert tokens["user"]["email"] == NEW
    assert "new_email" not in tokens["user"]
    (identity,) = tokens["user"]["identities"]
    assert (identity["email"], identity["identity_data"]["email_verified"]) == (NEW, True)
    assert double.count("auth.one_time_tokens") == 0
    assert double.sign_in(NEW)


@pytest.mark.parametrize("prove", [by_hash, by_code])
@pytest.mark.parametrize("challenge", [{}, PKCE], ids=["implicit", "pkce"])
def test_one_address_cannot_agree_twice(double: AuthService, prove: Any, challenge: Any) -> None:
    mails = ask(double, **challenge)
    assert prove(double, mails[NEW])["msg"] == ONE_OF_TWO
    assert prove(double, mails[NEW])["error_code"] == "otp_expired"
    assert by_hash(double, mails[NEW])["error_code"] == "otp_expired"
    assert by_code(double, mails[NEW])["error_code"] == "otp_expired"
    assert double.row("select email from auth.users") == (ADA,)


def test_links_lead_home(double: AuthService) -> None:
    mails = ask(double)
    location = double.get(mails[ADA].path).headers["Location"]
    assert location == (
        f"{HOME}#message=Confirmation+link+accepted.+Please+proceed+to+confirm+link+sent"
        "+to+the+other+email&sb="
    )
    location = double.get(mails[NEW].path).headers["Location"]
    assert fragment_of(location)["type"] == "email_change"
    assert claims_of(fragment_of(location)["access_token"])["email"] == NEW


def test_pkce_links_lead_home(double: AuthService) -> None:
    mails = ask(double, **PKCE)
    location = double.get(mails[NEW].path).headers["Location"]
    assert query_of(location) == {"message": ONE_OF_TWO}
    assert fragment_of(location) == {"message": ONE_OF_TWO, "sb": ""}
    location = double.get(mails[ADA].path).headers["Location"]
    answer = double.post(
        "/token?grant_type=pkce",
        {"auth_code": query_of(location)["code"], "code_verifier": VERIFIER},
    )
    assert claims_of(answer.json["access_token"])["amr"][0]["method"] == "email_change"
    assert answer.json["user"]["email"] == NEW


@pytest.mark.parametrize("prove", [by_hash, by_code])
def test_new_address_alone_may_suffice(single: AuthService, prove: Any) -> None:
    mails = ask(single)
    assert set(mails) == {NEW}
    assert prove(single, mails[NEW])["user"]["email"] == NEW


def test_mails_say_what_changes(double: AuthService) -> None:
    ask(double)
    for mail in double.outbox.mails:
        assert mail.subject == "Confirm your new e-mail address"
        assert f"from {ADA} to {NEW}" in mail.text
        assert f"This mail went to {mail.to}." in mail.text


def test_code_of_the_other_mail_does_not_fit(double: AuthService) -> None:
    mails = ask(double)
    proof = {"type": "email_change", "email": ADA, "token": mails[NEW].code}
    if mails[NEW].code != mails[ADA].code:
        assert_refused(double.post("/verify", proof), 403, "otp_expired")


def test_expires(double: AuthService) -> None:
    mails = ask(double)
    double.clock.advance(timedelta(seconds=3601))
    assert by_hash(double, mails[NEW])["error_code"] == "otp_expired"
    assert by_code(double, mails[ADA])["error_code"] == "otp_expired"


def test_address_that_was_taken_meanwhile(single: AuthService) -> None:
    mails = ask(single)
    single.post("/admin/users", {"email": NEW, "email_confirm": True}, bearer=single.service_role)
    answer = by_hash(single, mails[NEW])
    assert answer["code"] == "23505"
    location = single.get(mails[NEW].path).headers["Location"]
    assert fragment_of(location)["error_code"] == "unexpected_failure"
    assert single.count("auth.users", "email = %s", ADA) == 1


def test_old_address_is_told_if_asked_for(make_auth: MakeAuth) -> None:
    auth = make_auth(
        email={
            "enable_confirmations": True,
            "double_confirm_changes": False,
            "notification": {"email_changed": NotificationConfig(enabled=True)},
        }
    )
    mails = ask(auth)
    by_hash(auth, mails[NEW])
    notice = auth.outbox.latest
    assert (notice.to, notice.subject) == (ADA, "Your e-mail address was changed")
    assert f"from {ADA} to {NEW}" in notice.text
