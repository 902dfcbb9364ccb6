"""GoTrue's error words as data, and the two bodies in which they travel.

The table can be compared with GoTrue's ``internal/api/apierrors/errorcode.go``; an endpoint only
raises ``AuthApiError("invalid_credentials", "…")``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from hipflask.errors import StackError

#: Error code -> the status it most often travels with. Some codes use another one at times; then
#: the raiser says so.
STATUS_OF: Final[Mapping[str, int]] = {
    "anonymous_provider_disabled": 422,
    "bad_code_verifier": 400,
    "bad_json": 400,
    "bad_jwt": 403,
    "bad_oauth_callback": 400,
    "bad_oauth_state": 400,
    "captcha_failed": 400,
    "conflict": 409,
    "current_password_invalid": 400,
    "current_password_required": 400,
    "custom_provider_not_found": 404,
    "email_address_invalid": 400,
    "email_address_not_authorized": 400,
    "email_address_not_provided": 422,
    "email_conflict_identity_not_deletable": 422,
    "email_exists": 422,
    "email_not_confirmed": 400,
    "email_provider_disabled": 400,
    "feature_disabled": 404,
    "flow_state_already_used": 400,
    "flow_state_expired": 422,
    "flow_state_not_found": 404,
    "hook_payload_invalid_content_type": 400,
    "hook_payload_over_size_limit": 422,
    "hook_timeout": 422,
    "hook_timeout_after_retry": 422,
    "identity_already_exists": 422,
    "identity_not_found": 422,
    "insufficient_aal": 401,
    "invalid_credentials": 400,
    "invite_not_found": 404,
    "manual_linking_disabled": 404,
    "mfa_challenge_expired": 422,
    "mfa_factor_name_conflict": 422,
    "mfa_factor_not_found": 404,
    "mfa_ip_address_mismatch": 422,
    "mfa_phone_enroll_not_enabled": 422,
    "mfa_phone_verify_not_enabled": 422,
    "mfa_totp_enroll_not_enabled": 422,
    "mfa_totp_verify_not_enabled": 422,
    "mfa_verification_failed": 422,
    "mfa_verification_rejected": 403,
    "mfa_verified_factor_exists": 422,
    "mfa_webauthn_enroll_not_enabled": 422,
    "mfa_webauthn_verify_not_enabled": 422,
    "no_authorization": 401,
    "not_admin": 403,
    "oauth_authorization_not_found": 404,
    "oauth_client_not_found": 404,
    "oauth_client_state_expired": 422,
    "oauth_client_state_not_found": 422,
    "oauth_invalid_state": 400,
    "oauth_consent_not_found": 404,
    "oauth_dynamic_client_registration_disabled": 403,
    "oauth_provider_not_supported": 400,
    "otp_disabled": 422,
    "otp_expired": 403,
    "over_email_send_rate_limit": 429,
    "over_request_rate_limit": 429,
    "over_sms_send_rate_limit": 429,
    "passkey_disabled": 404,
    "phone_exists": 422,
    "phone_not_confirmed": 400,
    "phone_provider_disabled": 400,
    "provider_disabled": 400,
    "provider_email_needs_verification": 403,
    "reauthentication_needed": 400,
    "reauthentication_not_valid": 422,
    "refresh_token_already_used": 400,
    "refresh_token_not_found": 400,
    "request_entity_too_large": 413,
    "request_timeout": 504,
    "same_password": 422,
    "saml_entity_id_mismatch": 400,
    "saml_idp_already_exists": 422,
    "saml_metadata_fetch_failed": 400,
    "saml_provider_disabled": 404,
    "session_expired": 400,
    "session_not_found": 403,
    "signup_disabled": 422,
    "single_identity_not_deletable": 422,
    "sms_send_failed": 422,
    "sso_domain_already_exists": 400,
    "sso_provider_disabled": 422,
    "sso_provider_not_found": 404,
    "too_many_enrolled_mfa_factors": 422,
    "too_many_passkeys": 422,
    "unexpected_audience": 403,
    "unexpected_failure": 500,
    "unknown": 404,
    "user_already_exists": 422,
    "user_banned": 403,
    "user_not_found": 404,
    "user_sso_managed": 422,
    "validation_failed": 400,
    "weak_password": 422,
    "web3_provider_disabled": 422,
    "web3_unsupported_chain": 400,
    "webauthn_challenge_expired": 400,
    "webauthn_challenge_not_found": 400,
    "webauthn_credential_exists": 422,
    "webauthn_credential_not_found": 404,
    "webauthn_verification_failed": 400,
}

API_VERSION_HEADER: Final = "X-Supabase-Api-Version"
API_VERSION_2024: Final = "2024-01-01"
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class AuthApiError(StackError):
    """A refusal that the client reads as GoTrue's. Raising one rolls the transaction back."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        weak_password_reasons: Sequence[str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = STATUS_OF[code] if status is None else status
        self.weak_password_reasons = weak_password_reasons
        self.headers = headers or {}


class OAuthError(StackError):
    """A refusal in the words of RFC 6749 section 5.2. Raising one rolls the transaction back."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error

    def as_json(self) -> dict[str, str]:
        """Return the body of the answer, whose status is 400."""
        return {"error": self.error, "error_description": self.message}


def newest_version_at_most(header: str) -> str:
    """Return the API version that answers ``header``: ``2024-01-01``, or "" for the first one.

    A date after the newest version means the newest; anything that is no date means the first
    (GoTrue, apiversions.go).
    """
    if not _DATE.fullmatch(header):
        return ""
    try:
        asked = date.fromisoformat(header)
    except ValueError:
        return ""
    return API_VERSION_2024 if asked >= date.fromisoformat(API_VERSION_2024) else ""


def request_too_large(limit: int) -> AuthApiError:
    """Return the refusal of a body of more than ``limit`` bytes."""
    return AuthApiError("request_entity_too_large", f"Request body too large (max {limit} bytes)")


def error_body(error: AuthApiError, *, version: str = "", error_id: str = "") -> dict[str, Any]:
    """Return the JSON body of ``error`` in the shape that the client's API version reads."""
    body: dict[str, Any]
    if version:
        body = {"code": error.code, "message": error.message}
    else:
        body = {"code": error.status, "error_code": error.code, "msg": error.message}
        if error_id and error.status >= 500:
            body["error_id"] = error_id
    if error.weak_password_reasons is not None:
        body["weak_password"] = {"reasons": list(error.weak_password_reasons)}
    return body
