"""GET and POST /verify: every flow by every kind of proof."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

import psycopg
import pytest

from hipflask.local.postgres import Cluster
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.flows import (
    ADA,
    FLOWS,
    HOME,
    ask_invite,
    ask_recovery,
    ask_signup,
    assert_session_of,
    mail_after,
)
from tests.local.auth.mails import ReadMail, fragment_of
from tests.local.auth.service import AuthService, assert_refused

Proof: TypeAlias = Callable[[ReadMail], dict[str, str]]


@pytest.mark.parametrize("flow", FLOWS)
class TestEveryFlow:
    def test_token_hash_opens_a_session(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        answer = confirming_auth.post("/verify", {"type": kind, "token_hash": mail.token_hash})
        assert answer.status_code == 200, answer.json
        assert_session_of(confirming_auth, answer.json, ADA)

    def test_code_opens_a_session(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        proof = {"type": kind, "email": "Ada@Example.com", "token": mail.code}
        answer = confirming_auth.post("/verify", proof)
        assert answer.status_code == 200, answer.json
        assert_session_of(confirming_auth, answer.json, ADA)

    def test_type_email_takes_every_code(self, confirming_auth: AuthService, flow: str) -> None:
        mail = mail_after(confirming_auth, FLOWS[flow][0])
        proof = {"type": "email", "email": ADA, "token": mail.code}
        assert_session_of(confirming_auth, confirming_auth.post("/verify", proof).json, ADA)

    def test_type_email_takes_every_hash(self, confirming_auth: AuthService, flow: str) -> None:
        mail = mail_after(confirming_auth, FLOWS[flow][0])
        proof = {"type": "email", "token_hash": mail.token_hash}
        assert_session_of(confirming_auth, confirming_auth.post("/verify", proof).json, ADA)

    def test_link_leads_home_with_tokens(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        assert mail.query["type"] == kind
        answer = confirming_auth.get(mail.path)
        assert answer.status_code == 303
        home, _, _ = answer.headers["Location"].partition("#")
        tokens = fragment_of(answer.headers["Location"])
        assert home == HOME
        assert list(tokens) == [
            "access_token",
            "expires_at",
            "expires_in",
            "refresh_token",
            "sb",
            "token_type",
            "type",
        ]
        assert (tokens["type"], tokens["token_type"], tokens["sb"]) == (kind, "bearer", "")
        assert_session_of(confirming_auth, tokens, ADA)

    def test_works_once(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        proof = {"type": kind, "token_hash": mail.token_hash}
        assert confirming_auth.post("/verify", proof).status_code == 200
        assert_refused(
            confirming_auth.post("/verify", proof),
            403,
            "otp_expired",
            "Email link is invalid or has expired",
        )
        code = {"type": kind, "email": ADA, "token": mail.code}
        assert_refused(
            confirming_auth.post("/verify", code),
            403,
            "otp_expired",
            "Token has expired or is invalid",
        )
        again = confirming_auth.get(mail.path)
        assert again.headers["Location"] == (
            f"{HOME}#error=access_denied&error_code=otp_expired"
            "&error_description=Email+link+is+invalid+or+has+expired&sb="
        )

    def test_expires(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        confirming_auth.clock.advance(timedelta(seconds=3601))
        hash_proof = {"type": kind, "token_hash": mail.token_hash}
        assert_refused(confirming_auth.post("/verify", hash_proof), 403, "otp_expired")
        code_proof = {"type": kind, "email": ADA, "token": mail.code}
        assert_refused(confirming_auth.post("/verify", code_proof), 403, "otp_expired")
        location = confirming_auth.get(mail.path).headers["Location"]
        assert fragment_of(location)["error_code"] == "otp_expired"
        assert confirming_auth.count("auth.sessions") == 0

    def test_lives_for_its_whole_time(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        confirming_auth.clock.advance(timedelta(seconds=3600))
        proof = {"type": kind, "token_hash": mail.token_hash}
        assert confirming_auth.post("/verify", proof).status_code == 200

    def test_code_is_for_one_address(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        proof = {"type": kind, "email": "eve@example.com", "token": mail.code}
        assert_refused(confirming_auth.post("/verify", proof), 403, "otp_expired")

    def test_wrong_type_finds_nothing(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        wrong = "recovery" if kind in ("signup", "invite") else "signup"
        hash_proof = {"type": wrong, "token_hash": mail.token_hash}
        assert_refused(confirming_auth.post("/verify", hash_proof), 403, "otp_expired")
        code_proof = {"type": wrong, "email": ADA, "token": mail.code}
        assert_refused(confirming_auth.post("/verify", code_proof), 403, "otp_expired")

    def test_banned_user_stays_out(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = FLOWS[flow]
        mail = mail_after(confirming_auth, ask)
        confirming_auth.database.execute("update auth.users set banned_until = '2099-01-01'")
        hash_proof = {"type": kind, "token_hash": mail.token_hash}
        assert_refused(confirming_auth.post("/verify", hash_proof), 403, "user_banned")
        code_proof = {"type": kind, "email": ADA, "token": mail.code}
        assert_refused(confirming_auth.post("/verify", code_proof), 403, "user_banned")
        location = confirming_auth.get(mail.path).headers["Location"]
        assert fragment_of(location)["error_code"] == "user_banned"


def test_otp_length_is_configurable(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"enable_confirmations": True, "otp_length": 8})
    mail = mail_after(auth, ask_signup)
    assert len(mail.code) == 8
    proof = {"type": "signup", "email": ADA, "token": mail.code}
    assert auth.post("/verify", proof).status_code == 200


def test_lifetime_is_configurable(make_auth: MakeAuth) -> None:
    auth = make_auth(email={"enable_confirmations": True, "otp_expiry": 60})
    mail = mail_after(auth, ask_signup)
    auth.clock.advance(timedelta(seconds=61))
    proof = {"type": "signup", "token_hash": mail.token_hash}
    assert_refused(auth.post("/verify", proof), 403, "otp_expired")


def hash_proof(mail: ReadMail) -> dict[str, str]:
    return {"type": "signup", "token_hash": mail.token_hash}


def code_proof(mail: ReadMail) -> dict[str, str]:
    return {"type": "signup", "email": ADA, "token": mail.code}


@pytest.mark.parametrize(
    ("one", "other"),
    [(hash_proof, hash_proof), (code_proof, code_proof), (hash_proof, code_proof)],
    ids=["two links", "two codes", "link and code"],
)
def test_of_two_at_once_one_succeeds(
    confirming_auth: AuthService, cluster: Cluster, one: Proof, other: Proof
) -> None:
    mail = mail_after(confirming_auth, ask_signup)
    statuses: list[int] = []

    def use(proof: dict[str, str]) -> None:
        statuses.append(confirming_auth.post("/verify", proof).status_code)

    threads = [threading.Thread(target=use, args=(proof(mail),)) for proof in (one, other)]
    with psycopg.connect(cluster.url()) as holder:
        # Both requests get as far as they can while somebody else holds the user's row.
        holder.execute("select from auth.users for update")
        for thread in threads:
            thread.start()
        wait_until(lambda: waiting_for_locks(confirming_auth) == 2)
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 403]
    assert confirming_auth.count("auth.sessions") == 1


def waiting_for_locks(auth: AuthService) -> int:
    return auth.count("pg_stat_activity", "wait_event_type = 'Lock'")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_head_uses_nothing_up(confirming_auth: AuthService) -> None:
    mail = mail_after(confirming_auth, ask_signup)
    assert confirming_auth.call("HEAD", mail.path).status_code == 405
    assert "access_token" in confirming_auth.get(mail.path).headers["Location"]


def test_recovery_confirms_an_unconfirmed_address(confirming_auth: AuthService) -> None:
    ask_signup(confirming_auth, {})
    confirming_auth.post("/recover", {"email": ADA})
    mail = ReadMail.of(confirming_auth.outbox.latest)
    answer = confirming_auth.post("/verify", {"type": "recovery", "token_hash": mail.token_hash})
    assert answer.json["user"]["email_confirmed_at"]
    assert "user_signedup" in confirming_auth.audit_actions()


def test_using_one_token_ends_the_others(confirming_auth: AuthService) -> None:
    ask_signup(confirming_auth, {})
    signup_mail = ReadMail.of(confirming_auth.outbox.latest)
    confirming_auth.post("/recover", {"email": ADA})
    recovery_mail = ReadMail.of(confirming_auth.outbox.latest)
    proof = {"type": "signup", "token_hash": signup_mail.token_hash}
    assert confirming_auth.post("/verify", proof).status_code == 200
    proof = {"type": "recovery", "token_hash": recovery_mail.token_hash}
    assert_refused(confirming_auth.post("/verify", proof), 403, "otp_expired")
    assert confirming_auth.count("auth.one_time_tokens") == 0


def test_confirmation_marks_the_identity(confirming_auth: AuthService) -> None:
    mail = mail_after(confirming_auth, ask_signup)
    answer = confirming_auth.post("/verify", {"type": "signup", "token_hash": mail.token_hash})
    (identity,) = answer.json["user"]["identities"]
    assert identity["identity_data"]["email_verified"] is True
    assert answer.json["user"]["user_metadata"]["email_verified"] is True
    assert confirming_auth.audit_actions() == ["user_confirmation_requested", "user_signedup"]


def test_invited_user_has_a_password_nobody_knows(confirming_auth: AuthService) -> None:
    mail = mail_after(confirming_auth, ask_invite)
    confirming_auth.post("/verify", {"type": "invite", "token_hash": mail.token_hash})
    (stored,) = confirming_auth.row("select encrypted_password from auth.users")
    assert stored.startswith("$2a$")


def test_link_of_type_email_says_what_it_was(confirming_auth: AuthService) -> None:
    mail = mail_after(confirming_auth, ask_signup)
    location = confirming_auth.get(mail.path.replace("type=signup", "type=email")).headers[
        "Location"
    ]
    assert fragment_of(location)["type"] == "signup"


def test_recovery_token_may_be_called_magiclink(confirming_auth: AuthService) -> None:
    """The type of a link is a hint and no proof (facts, section F1)."""
    mail = mail_after(confirming_auth, ask_recovery)
    location = confirming_auth.get(mail.path.replace("=recovery", "=magiclink")).headers["Location"]
    assert fragment_of(location)["type"] == "magiclink"


@pytest.mark.parametrize("flow", ["signup", "recovery"])
def test_a_link_proves_only_the_address_it_went_to(confirming_auth: AuthService, flow: str) -> None:
    ask, kind = FLOWS[flow]
    mail = mail_after(confirming_auth, ask)
    (user_id,) = confirming_auth.row("select id from auth.users")
    changed = {"email": "other@example.com"}
    bearer = confirming_auth.service_role
    assert confirming_auth.put(f"/admin/users/{user_id}", changed, bearer=bearer).status_code == 200
    answer = confirming_auth.post("/verify", {"type": kind, "token_hash": mail.token_hash})
    assert_refused(answer, 403, "otp_expired", "Email link is invalid or has expired")
