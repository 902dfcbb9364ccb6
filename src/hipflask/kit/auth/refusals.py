"""One table from GoTrue's error codes to our errors (its internal/api/apierrors/errorcode.go)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipflask.errors import (
    AuthError,
    AuthRejected,
    AuthUnavailable,
    EmailNotConfirmed,
    EmailRefused,
    EmailTaken,
    InvalidCredentials,
    LinkExpired,
    LinkUnusable,
    PasskeyRefused,
    ReauthenticationNeeded,
    SamePassword,
    SecondFactorNeeded,
    SessionExpired,
    SignUpClosed,
    TooManyAttempts,
    UserBanned,
    WeakPassword,
    WrongCode,
)

PLAIN: Final[Mapping[str, type[AuthError]]] = {
    "invalid_credentials": InvalidCredentials,
    "email_not_confirmed": EmailNotConfirmed,
    "email_address_invalid": EmailRefused,
    "email_address_not_authorized": EmailRefused,
    "email_address_not_provided": EmailRefused,
    "email_exists": EmailTaken,
    "user_already_exists": EmailTaken,
    "same_password": SamePassword,
    "signup_disabled": SignUpClosed,
    "email_provider_disabled": SignUpClosed,
    "otp_disabled": SignUpClosed,
    "user_banned": UserBanned,
    "reauthentication_needed": ReauthenticationNeeded,
    "reauthentication_not_valid": ReauthenticationNeeded,
    "current_password_required": ReauthenticationNeeded,
    "current_password_invalid": ReauthenticationNeeded,
    "insufficient_aal": SecondFactorNeeded,
    "mfa_verification_failed": WrongCode,
    "mfa_verification_rejected": WrongCode,
    "mfa_challenge_expired": WrongCode,
    "webauthn_verification_failed": PasskeyRefused,
    "webauthn_challenge_expired": PasskeyRefused,
    "webauthn_challenge_not_found": PasskeyRefused,
    "webauthn_credential_exists": PasskeyRefused,
    "otp_expired": LinkExpired,
    "flow_state_expired": LinkExpired,
    "flow_state_not_found": LinkExpired,
    "flow_state_already_used": LinkExpired,
    "refresh_token_not_found": SessionExpired,
    "refresh_token_already_used": SessionExpired,
    "session_not_found": SessionExpired,
    "session_expired": SessionExpired,
    "user_not_found": SessionExpired,
    "bad_jwt": SessionExpired,
    "no_authorization": SessionExpired,
}

RATE_LIMITS: Final = frozenset(
    {"over_request_rate_limit", "over_email_send_rate_limit", "over_sms_send_rate_limit"}
)

_SECONDS = re.compile(r"after (\d+) seconds?")


def refusal(status: int, body: object, headers: Mapping[str, str]) -> AuthError:
    """Return our error for an answer that is not a success.

    Reads both forms of GoTrue's body, and those of the gateways in front of it.
    """
    answer: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    code = _code(answer)
    message = _message(answer) or f"Supabase Auth answered with status {status}."
    if code == "weak_password":
        return WeakPassword(message, reasons=_reasons(answer), code=code, status=status)
    if code == "bad_code_verifier":
        return LinkUnusable(message, reason="verifier", code=code)
    if code == "validation_failed" and "email" in message.lower():
        # GoTrue has one code for every malformed input; only its words tell.
        return EmailRefused(message, code=code, status=status)
    if code in RATE_LIMITS or status == 429:
        return _too_many(message, code, status, headers)
    if code in PLAIN:
        return PLAIN[code](message, code=code, status=status)
    if status >= 500 or status < 400 or not isinstance(body, Mapping):
        # A redirect or a page: something else than Auth answers at this address.
        return away(status, message)
    if status == 401 and not code:
        return AuthUnavailable(
            f"Supabase refused the API key: {message}",
            reason="api_key",
            hint="Check SUPABASE_PUBLISHABLE_KEY and SUPABASE_SECRET_KEY against SUPABASE_URL.",
            status=status,
        )
    return AuthRejected(message, code=code, status=status)


def away(status: int, message: str) -> AuthUnavailable:
    """Return the error for an answer that only a broken or sleeping project gives."""
    if status == 540:
        return AuthUnavailable(
            "The Supabase project is paused.",
            reason="paused",
            hint="Resume it in the dashboard.",
            status=status,
        )
    return AuthUnavailable(f"Supabase Auth failed: {message}", reason="failed", status=status)


def _reasons(answer: Mapping[str, Any]) -> list[str]:
    details = answer.get("weak_password")
    reasons = details.get("reasons") if isinstance(details, Mapping) else None
    return [reason for reason in reasons or () if isinstance(reason, str)]


def _too_many(message: str, code: str, status: int, headers: Mapping[str, str]) -> AuthError:
    found = _SECONDS.search(message)
    header = headers.get("Retry-After", "")
    seconds = int(found[1]) if found else int(header) if header.isdecimal() else None
    return TooManyAttempts(message, retry_after=seconds, code=code, status=status)


def _code(answer: Mapping[str, Any]) -> str:
    """Return the code: ``code`` in version 2024-01-01, ``error_code`` before it."""
    for name in ("error_code", "code"):
        value = answer.get(name)
        if isinstance(value, str):
            return value
    return ""


def _message(answer: Mapping[str, Any]) -> str:
    for name in ("message", "msg", "error_description", "error"):
        value = answer.get(name)
        if isinstance(value, str) and value:
            return value
    return ""
