"""POST /token?grant_type=pkce."""

from __future__ import annotations

import base64
import hashlib
import threading
from typing import Any

import pytest

from hipflask.local.auth import flow_state
from tests.local.auth.service import AuthService, Reply, assert_refused, claims_of

VERIFIER = "v" * 50
S256 = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def code_of(auth: AuthService, challenge: str = S256, method: str = "s256", **flow: Any) -> str:
    """Let a link of this flow be clicked and return the code it leads to."""
    user_id = auth.sign_up()["user"]["id"]
    kind = flow.get("authentication_method", "email/signup")
    with auth.context.pool.connection() as tx:
        flow_state.create(
            tx,
            flow_state.Challenge.checked(challenge, method),
            user_id=user_id,
            provider_type="email",
            authentication_method=kind,
            now=auth.clock.now(),
        )
        return flow_state.issue_auth_code(tx, user_id, kind, now=auth.clock.now())


def exchange(auth: AuthService, code: str, verifier: str = VERIFIER) -> Reply:
    return auth.post("/token?grant_type=pkce", {"auth_code": code, "code_verifier": verifier})


@pytest.mark.parametrize(
    ("challenge", "method"), [(S256, "s256"), (S256, "S256"), (VERIFIER, "plain")]
)
def test_code_and_verifier_open_a_session(auth: AuthService, challenge: str, method: str) -> None:
    answer = exchange(auth, code_of(auth, challenge, method))
    assert answer.status_code == 200
    assert claims_of(answer.json["access_token"])["amr"][0]["method"] == "email/signup"
    assert auth.count("auth.flow_state") == 0
    traits = auth.row(
        "select payload->'traits' from auth.audit_log_entries order by created_at desc, ctid desc"
    )
    assert traits == ({"provider_type": "email"},)


def test_recovery_can_be_told_by_its_method(auth: AuthService) -> None:
    answer = exchange(auth, code_of(auth, authentication_method="recovery"))
    assert claims_of(answer.json["access_token"])["amr"][0]["method"] == "recovery"


def test_code_works_once(auth: AuthService) -> None:
    code = code_of(auth)
    assert exchange(auth, code).status_code == 200
    message = "invalid flow state, no valid flow state found"
    assert_refused(exchange(auth, code), 404, "flow_state_not_found", message)


def test_of_two_at_once_one_succeeds(auth: AuthService) -> None:
    code = code_of(auth)
    answers: list[Reply] = []
    go = threading.Barrier(4)

    def run() -> None:
        go.wait()
        answers.append(exchange(auth, code))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
    assert auth.count("auth.sessions") == 2  # one of the sign-up


def test_wrong_verifier_leaves_the_code_usable(auth: AuthService) -> None:
    code = code_of(auth)
    message = "code challenge does not match previously saved code verifier"
    assert_refused(exchange(auth, code, "wrong"), 400, "bad_code_verifier", message)
    assert exchange(auth, code).status_code == 200


def test_flow_expires_five_minutes_after_its_start(auth: AuthService) -> None:
    code = code_of(auth)
    auth.clock.advance(seconds=301)
    message = "invalid flow state, flow state has expired"
    assert_refused(exchange(auth, code), 422, "flow_state_expired", message)


def test_magic_link_expires_five_minutes_after_the_click(auth: AuthService) -> None:
    code = code_of(auth, authentication_method="magiclink")
    auth.database.execute("update auth.flow_state set created_at = created_at - interval '1 hour'")
    auth.clock.advance(seconds=300)
    assert exchange(auth, code).status_code == 200


def test_code_without_a_user(auth: AuthService) -> None:
    code = code_of(auth)
    auth.database.execute("update auth.flow_state set user_id = null")
    assert_refused(exchange(auth, code), 404, "flow_state_not_found")


def test_user_is_gone(auth: AuthService) -> None:
    code = code_of(auth)
    auth.database.execute("delete from auth.users")
    assert_refused(exchange(auth, code), 404, "flow_state_not_found")


@pytest.mark.parametrize("body", [{}, {"auth_code": "x"}, {"code_verifier": "x"}])
def test_both_parts_are_needed(auth: AuthService, body: dict[str, str]) -> None:
    message = "invalid request: both auth code and code verifier should be non-empty"
    answer = auth.post("/token?grant_type=pkce", body)
    assert_refused(answer, 400, "validation_failed", message)
