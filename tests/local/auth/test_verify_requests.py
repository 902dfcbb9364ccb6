"""GET and POST /verify: what is refused before any token is looked at, and made-up tokens."""

from __future__ import annotations

import pytest

from tests.local.auth.flows import ADA, HOME, confirm_ada
from tests.local.auth.mails import fragment_of
from tests.local.auth.service import AuthService, assert_refused


class TestBadRequests:
    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("/verify", "Verify requires a verification type"),
            ("/verify?token=abc", "Verify requires a verification type"),
            ("/verify?type=signup", "Verify requires a token or a token hash"),
        ],
    )
    def test_link_without_its_parts(self, auth: AuthService, path: str, message: str) -> None:
        assert_refused(auth.get(path), 400, "validation_failed", message)

    def test_link_of_an_unknown_type(self, auth: AuthService) -> None:
        location = auth.get("/verify?token=abc&type=sms").headers["Location"]
        assert fragment_of(location) == {
            "error": "invalid_request",
            "error_code": "validation_failed",
            "error_description": "Invalid email verification type",
            "sb": "",
        }

    def test_pkce_link_of_a_type_without_flow(self, auth: AuthService) -> None:
        location = auth.get("/verify?token=pkce_abc&type=email").headers["Location"]
        assert fragment_of(location)["error_code"] == "validation_failed"

    def test_link_with_a_nul(self, auth: AuthService) -> None:
        location = auth.get("/verify?token=%00abc&type=email").headers["Location"]
        assert fragment_of(location)["error_code"] == "otp_expired"

    @pytest.mark.parametrize(
        ("body", "status", "message"),
        [
            ({}, 400, "Verify requires a verification type"),
            ({"type": "signup"}, 400, "Verify requires either a token or a token hash"),
            (
                {"type": "signup", "token": "1", "token_hash": "2"},
                400,
                "Verify requires either a token or a token hash",
            ),
            (
                {"type": "signup", "token": "1"},
                400,
                "Only an email address or phone number should be provided on verify",
            ),
            (
                {"type": "signup", "token": "1", "email": ADA, "phone": "123"},
                400,
                "Only an email address or phone number should be provided on verify",
            ),
            (
                {"type": "signup", "token_hash": "a", "email": ADA},
                400,
                "Only the token_hash and type should be provided",
            ),
            (
                {"type": "signup", "token_hash": "a", "redirect_to": HOME},
                400,
                "Only the token_hash and type should be provided",
            ),
            ({"type": "signup", "token": "1", "email": "ada"}, 422, "Invalid email format"),
            ({"type": "sms", "token_hash": "a"}, 400, "Invalid email verification type"),
            (
                {"type": "sms", "token": "1", "phone": "12"},
                403,
                "Token has expired or is invalid",
            ),
            (
                {"type": "sms", "token": "1", "phone": "the red one"},
                400,
                "Invalid phone number format (E.164 required)",
            ),
        ],
    )
    def test_post(self, auth: AuthService, body: dict[str, str], status: int, message: str) -> None:
        code = "otp_expired" if status == 403 else "validation_failed"
        assert_refused(auth.post("/verify", body), status, code, message)

    def test_unknown_type_with_a_code(self, auth: AuthService) -> None:
        body = {"type": "nonsense", "email": ADA, "token": "123456"}
        assert_refused(auth.post("/verify", body), 403, "otp_expired")

    @pytest.mark.parametrize("token", ["", "x", "'; drop table auth.users; --", "é", "pkce_"])
    def test_made_up_tokens(self, auth: AuthService, token: str) -> None:
        body = {"type": "signup", "email": ADA, "token": token or "000000"}
        assert_refused(auth.post("/verify", body), 403, "otp_expired")

    def test_empty_token_column_matches_nothing(self, confirming_auth: AuthService) -> None:
        confirm_ada(confirming_auth)
        confirming_auth.database.execute("update auth.users set recovery_sent_at = now()")
        body = {"type": "recovery", "email": ADA, "token": "000000"}
        assert_refused(confirming_auth.post("/verify", body), 403, "otp_expired")
