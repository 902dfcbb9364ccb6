"""GET /verify in PKCE flows: the link ends with a code."""

from __future__ import annotations

import pytest

from tests.local.auth.flows import (
    ADA,
    HOME,
    PKCE,
    PKCE_FLOWS,
    VERIFIER,
    assert_session_of,
    mail_after,
)
from tests.local.auth.mails import fragment_of, query_of
from tests.local.auth.service import AuthService

METHODS = {
    "signup": "email/signup",
    "recovery": "recovery",
    "magiclink": "magiclink",
    "otp of a stranger": "email/signup",
}


@pytest.mark.parametrize("flow", PKCE_FLOWS)
class TestEveryPkceFlow:
    def test_link_leads_home_with_a_code(self, confirming_auth: AuthService, flow: str) -> None:
        mail = mail_after(confirming_auth, PKCE_FLOWS[flow][0], PKCE)
        assert mail.token_hash.startswith("pkce_")
        location = confirming_auth.get(mail.path).headers["Location"]
        assert location.startswith(f"{HOME}?code=")
        answer = confirming_auth.post(
            "/token?grant_type=pkce",
            {"auth_code": query_of(location)["code"], "code_verifier": VERIFIER},
        )
        assert answer.status_code == 200, answer.json
        assert_session_of(confirming_auth, answer.json, ADA, METHODS[flow])

    def test_hash_needs_no_verifier(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = PKCE_FLOWS[flow]
        mail = mail_after(confirming_auth, ask, PKCE)
        answer = confirming_auth.post("/verify", {"type": kind, "token_hash": mail.token_hash})
        assert_session_of(confirming_auth, answer.json, ADA)

    def test_code_in_the_mail_works_too(self, confirming_auth: AuthService, flow: str) -> None:
        ask, kind = PKCE_FLOWS[flow]
        mail = mail_after(confirming_auth, ask, PKCE)
        proof = {"type": kind, "email": ADA, "token": mail.code}
        assert_session_of(confirming_auth, confirming_auth.post("/verify", proof).json, ADA)

    def test_error_is_in_query_and_fragment(self, confirming_auth: AuthService, flow: str) -> None:
        mail = mail_after(confirming_auth, PKCE_FLOWS[flow][0], PKCE)
        confirming_auth.get(mail.path)
        location = confirming_auth.get(mail.path).headers["Location"]
        expected = {
            "error": "access_denied",
            "error_code": "otp_expired",
            "error_description": "Email link is invalid or has expired",
        }
        assert query_of(location) == expected
        assert fragment_of(location) == {**expected, "sb": ""}

    def test_flow_that_is_gone_is_an_error(self, confirming_auth: AuthService, flow: str) -> None:
        mail = mail_after(confirming_auth, PKCE_FLOWS[flow][0], PKCE)
        confirming_auth.database.execute("delete from auth.flow_state")
        location = confirming_auth.get(mail.path).headers["Location"]
        assert query_of(location) == {
            "error": "invalid_request",
            "error_code": "flow_state_not_found",
            "error_description": (
                "No associated flow state found. 422: No valid flow state found for user."
            ),
        }
        assert (
            confirming_auth.post(
                "/verify", {"type": PKCE_FLOWS[flow][1], "token_hash": mail.token_hash}
            ).status_code
            == 200
        ), "a link that failed is not used up"
