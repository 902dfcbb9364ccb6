"""The hook custom_access_token: what it is asked, what it may change, and what a refusal undoes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hipflask.local.auth.call import Call
from tests.local.auth.factors.proofs import ALL_ON, enroll, show_app
from tests.local.auth.hooks.conftest import Hook, Hooked
from tests.local.auth.hooks.ways import FunctionHook, ServiceHook
from tests.local.auth.service import PASSWORD, AuthService, Reply, assert_refused, claims_of

NAME = "custom_access_token"
REFUSAL = {"error": {"http_code": 403, "message": "Not today"}}
BODY = {"email": "ada@example.com", "password": PASSWORD}
EMPTY = """\
output claims do not conform to the expected schema: 
- (root): aud is required
- (root): exp is required
- (root): iat is required
- (root): sub is required
- (root): email is required
- (root): phone is required
- (root): role is required
- (root): aal is required
- (root): session_id is required
- (root): is_anonymous is required
"""  # noqa: W291 - GoTrue's message has that space


def sign_up(auth: AuthService) -> Reply:
    return auth.post("/signup", BODY)


def test_a_claim_is_added_at_sign_up_sign_in_and_refresh(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook)
    hook.set_claim("plan", "gold")
    tokens = [auth.sign_up(), auth.sign_in()]
    tokens.append(auth.refresh(tokens[1]["refresh_token"]).json)
    assert [claims_of(one["access_token"])["plan"] for one in tokens] == ["gold"] * 3
    assert auth.get("/user", bearer=tokens[2]["access_token"]).status_code == 200
    methods = [event["authentication_method"] for event in hook.events]
    assert methods == ["password", "password", "token_refresh"]


def test_what_it_is_asked(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook)
    hook.set_claim("plan", "gold")
    answer = auth.post("/signup", BODY, headers={"X-Forwarded-For": "203.0.113.7"})
    (event,) = hook.events
    metadata = event["metadata"]
    assert sorted(event) == ["authentication_method", "claims", "metadata", "user_id"]
    assert (metadata["name"], metadata["ip_address"]) == ("customize-access-token", "203.0.113.7")
    assert metadata["time"] == "2026-03-01T12:00:00.250000Z"
    assert sorted(metadata) == ["ip_address", "name", "time", "uuid"]
    claims = claims_of(answer.json["access_token"])
    assert event["claims"] == {name: claims[name] for name in claims if name != "plan"}
    assert event["user_id"] == claims["sub"] == answer.json["user"]["id"]


def test_a_claim_of_the_standard_may_change(hooked: Hooked, function: FunctionHook) -> None:
    auth = hooked(NAME, function)
    function.define("return jsonb_set(event, '{claims,exp}', '1.9e9')")
    assert claims_of(auth.sign_up()["access_token"])["exp"] == 1_900_000_000


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("{}", "output claims field is missing"),
        ("null", None),
        ('{"claims": "all"}', "Error unmarshaling JSON output."),
        ('{"claims": {}}', EMPTY),
    ],
)
def test_answers_without_claims(
    hooked: Hooked, function: FunctionHook, answer: str, message: str | None
) -> None:
    function.define(f"return '{answer}'")
    auth = hooked(NAME, function)
    assert_refused(sign_up(auth), 500, "unexpected_failure", message or "")
    assert auth.count("auth.users") == auth.count("auth.sessions") == 0


def test_no_answer_at_all(hooked: Hooked, function: FunctionHook) -> None:
    function.define("return null")
    message = "(root): Invalid type. Expected: object, given: null"
    assert message in sign_up(hooked(NAME, function)).json["msg"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("aud", "5", "aud: Invalid type. Expected: string/array, given: integer"),
        ("exp", '"soon"', "exp: Invalid type. Expected: integer, given: string"),
        ("exp", "1.5", "exp: Invalid type. Expected: integer, given: number"),
        ("iss", "null", "iss: Invalid type. Expected: string, given: null"),
        ("role", "true", "role: Invalid type. Expected: string, given: boolean"),
        ("app_metadata", "[]", "app_metadata: Invalid type. Expected: object, given: array"),
        ("amr", "{}", "amr: Invalid type. Expected: array, given: object"),
        ("amr", '["otp", 5]', "amr.1: Must validate at least one schema (anyOf)"),
    ],
)
def test_claims_of_a_wrong_type(
    hooked: Hooked, function: FunctionHook, name: str, value: str, said: str
) -> None:
    function.define(f"return jsonb_set(event, '{{claims,{name}}}', '{value}')")
    auth = hooked(NAME, function)
    answer = sign_up(auth)
    assert_refused(answer, 500, "unexpected_failure")
    assert answer.json["msg"].splitlines()[1:] == [f"- {said}"]
    assert auth.count("auth.users") == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("aud", '["a", "b"]'),
        ("amr", '["otp", {"method": "otp", "timestamp": 1}]'),
        ("is_anonymous", "null"),
        ("deep", '{"a": [1, 2.5, null, {"b": "\\u00e9"}]}'),
    ],
)
def test_claims_that_may_be(hooked: Hooked, function: FunctionHook, name: str, value: str) -> None:
    function.define(f"return jsonb_set(event, '{{claims,{name}}}', '{value}')")
    assert sign_up(hooked(NAME, function)).status_code == 200


def test_a_refused_sign_up_leaves_nobody_behind(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook)
    hook.answer(REFUSAL)
    assert_refused(sign_up(auth), 403, "unknown", "Not today")
    for table in ("users", "identities", "sessions", "refresh_tokens", "audit_log_entries"):
        assert auth.count(f"auth.{table}") == 0, table


def test_a_refused_sign_in_leaves_no_session(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook)
    hook.set_claim("plan", "gold")
    auth.sign_up()
    before = auth.audit_actions(), auth.row("select last_sign_in_at from auth.users")
    auth.clock.advance(minutes=5)
    refuse(hook)
    assert_refused(auth.post("/token?grant_type=password", BODY), 403, "unknown", "Not today")
    assert auth.count("auth.sessions") == auth.count("auth.refresh_tokens") == 1
    assert (auth.audit_actions(), auth.row("select last_sign_in_at from auth.users")) == before


def test_a_refused_refresh_does_not_use_the_token_up(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook)
    hook.set_claim("plan", "gold")
    token = auth.sign_up()["refresh_token"]
    state = "select array_agg((token, revoked, updated_at)::text) from auth.refresh_tokens"
    before = auth.row(state)
    auth.clock.advance(minutes=5)
    refuse(hook)
    assert_refused(auth.refresh(token), 403, "unknown", "Not today")
    assert auth.row(state) == before
    hook.set_claim("plan", "gold")
    assert auth.refresh(token).status_code == 200


def refuse(hook: Hook) -> None:
    if isinstance(hook, ServiceHook):
        hook.claim = None
    hook.answer(REFUSAL)


def test_reuse_is_punished_for_good(hooked: Hooked, hook: Hook) -> None:
    """The refusal comes from Auth, not from the hook: what it did to the family stays."""
    auth = hooked(NAME, hook)
    hook.set_claim("plan", "gold")
    old = auth.sign_up()["refresh_token"]
    newest = auth.refresh(auth.refresh(old).json["refresh_token"]).json["refresh_token"]
    auth.clock.advance(seconds=20)
    assert_refused(auth.refresh(old), 400, "refresh_token_already_used")
    assert_refused(auth.refresh(newest), 400, "refresh_token_already_used")


def test_parallel_refreshes_end_with_one_token(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook)
    hook.set_claim("plan", "gold")
    token = auth.sign_up()["refresh_token"]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(auth.refresh, [token] * 8))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["refresh_token"] for answer in answers}) == 1
    assert auth.count("auth.refresh_tokens", "not revoked") == 1


def test_without_it_no_transaction_is_begun(
    auth: AuthService, hooked: Hooked, function: FunctionHook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signing in stays one statement, one trip, where no hook may refuse it."""
    begun = []
    real: Callable[[Call], Any] = Call.transaction
    monkeypatch.setattr(Call, "transaction", lambda call: (begun.append(1), real(call))[1])
    token = auth.sign_up()["refresh_token"]
    begun.clear()
    auth.sign_in()
    auth.refresh(token)
    assert not begun
    function.define("return event")
    hooked(NAME, function).sign_in()
    assert begun


def test_a_second_factor_raises_with_the_hooks_consent(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook, **ALL_ON)
    hook.set_claim("plan", "gold")
    bearer = auth.sign_up()["access_token"]
    raised = show_app(auth, bearer, enroll(auth, bearer, "totp"))
    assert claims_of(raised.json["access_token"])["plan"] == "gold"
    assert hook.events[-1]["authentication_method"] == "totp"
    assert hook.events[-1]["claims"]["aal"] == "aal2"


def test_a_refused_second_factor_stays_unverified(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook, **ALL_ON)
    hook.set_claim("plan", "gold")
    bearer = auth.sign_up()["access_token"]
    factor = enroll(auth, bearer, "totp")
    refuse(hook)
    assert_refused(show_app(auth, bearer, factor), 403, "unknown", "Not today")
    assert auth.count("auth.mfa_factors", "status = 'verified'") == 0
    assert auth.count("auth.sessions", "aal = 'aal2'") == 0


def test_a_refused_link_may_be_followed_again(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook, email={"enable_confirmations": True})
    hook.answer(REFUSAL)
    sign_up(auth)
    (token,) = auth.row("select confirmation_token from auth.users")
    path = f"/verify?type=signup&token={token}"
    assert "error_description=Not+today" in auth.get(path).headers["Location"]
    assert auth.count("auth.users", "email_confirmed_at is not null") == 0
    hook.set_claim("plan", "gold")
    assert "#access_token=" in auth.get(path).headers["Location"]


def test_an_anonymous_user_is_refused(hooked: Hooked, hook: Hook) -> None:
    auth = hooked(NAME, hook, enable_anonymous_sign_ins=True)
    hook.answer(REFUSAL)
    assert_refused(auth.post("/signup", {}), 403, "unknown", "Not today")
    assert auth.count("auth.users") == 0


def test_a_refused_code_may_be_traded_again(hooked: Hooked, hook: Hook) -> None:
    """PKCE: the flow is not used up."""
    auth = hooked(NAME, hook, email={"enable_confirmations": True})
    verifier = "v" * 43
    auth.post("/signup", BODY | {"code_challenge": verifier, "code_challenge_method": "plain"})
    (token,) = auth.row("select confirmation_token from auth.users")
    home = auth.get(f"/verify?type=signup&token={token}").headers["Location"]
    proof = {"auth_code": home.partition("code=")[2], "code_verifier": verifier}
    hook.answer(REFUSAL)
    path = "/token?grant_type=pkce"
    assert_refused(auth.post(path, proof), 403, "unknown", "Not today")
    assert auth.count("auth.sessions") == 0
    hook.set_claim("plan", "gold")
    assert auth.post(path, proof).status_code == 200
    assert hook.events[-1]["authentication_method"] == "email/signup"
