"""GoTrue's endpoints for what is not served yet."""

from __future__ import annotations

import pytest

from tests.local.auth.service import AuthService, assert_refused


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", "/passkeys/authentication/options", 404, "passkey_disabled"),
        ("GET", "/passkeys", 404, "passkey_disabled"),
        ("POST", "/sso", 404, "saml_provider_disabled"),
        ("GET", "/sso/saml/metadata", 404, "saml_provider_disabled"),
        ("POST", "/oauth/token", 404, "feature_disabled"),
        ("GET", "/oauth/authorize", 404, "feature_disabled"),
        ("GET", "/scim/v2/Users", 404, "feature_disabled"),
        ("GET", "/authorize?provider=google", 400, "validation_failed"),
        ("GET", "/user/identities/authorize", 401, "no_authorization"),
        ("POST", "/factors", 401, "no_authorization"),
        ("GET", "/admin/oauth/clients", 401, "no_authorization"),
    ],
)
def test_without_a_token(auth: AuthService, method: str, path: str, status: int, code: str) -> None:
    assert_refused(auth.call(method, path), status, code)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/user/identities/authorize", None, 404, "manual_linking_disabled"),
        ("DELETE", "/user/identities/1", None, 404, "manual_linking_disabled"),
        ("GET", "/user/oauth/grants", None, 404, "feature_disabled"),
        ("POST", "/factors", {"factor_type": "totp"}, 422, "mfa_totp_enroll_not_enabled"),
        ("POST", "/factors", {"factor_type": "phone"}, 422, "mfa_phone_enroll_not_enabled"),
        ("POST", "/factors", {"factor_type": "webauthn"}, 422, "mfa_webauthn_enroll_not_enabled"),
        ("POST", "/factors", {"factor_type": "x"}, 400, "validation_failed"),
        ("POST", "/factors/1/verify", {}, 404, "validation_failed"),
        ("POST", "/factors/1/challenge", {}, 404, "validation_failed"),
        ("DELETE", "/factors/1", None, 404, "validation_failed"),
        ("GET", "/admin/oauth/clients", None, 403, "not_admin"),
    ],
)
def test_as_a_user(
    auth: AuthService, method: str, path: str, body: object, status: int, code: str
) -> None:
    bearer = auth.sign_up()["access_token"]
    assert_refused(auth.call(method, path, body, bearer=bearer), status, code)


def test_as_administrator(auth: AuthService) -> None:
    answer = auth.get("/admin/oauth/clients", bearer=auth.service_role)
    assert_refused(answer, 404, "feature_disabled")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_callback_leads_home_with_the_error(auth: AuthService, method: str) -> None:
    answer = auth.call(method, "/callback?code=x")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("http://127.0.0.1:8080?error=invalid_request")
    assert "error_code=bad_oauth_callback" in answer.headers["Location"]
