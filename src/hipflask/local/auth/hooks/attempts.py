"""password_verification_attempt and mfa_verification_attempt: may this attempt count?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hipflask.local.auth import sessions
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.hooks import answers, asking

if TYPE_CHECKING:
    from uuid import UUID

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.factors.factor import Factor

_PASSWORD: Final = "password_verification_attempt"
_FACTOR: Final = "mfa_verification_attempt"
_REJECT: Final = "reject"


def judge_password(call: Call, user_id: UUID, *, valid: bool) -> None:
    """Raise invalid_credentials if the hook rejects the attempt, right or wrong.

    The hook may end all sessions of the user besides.
    """
    if not asking.is_on(call.context, _PASSWORD):
        return
    answer = asking.ask(call, _PASSWORD, {"user_id": str(user_id), "valid": valid}, None)
    ends_sessions = answers.flag(answer, "should_logout_user")
    message = _rejection(answer, "password")
    if not message:
        return
    if ends_sessions:
        _end_sessions(call, user_id)
    raise AuthApiError("invalid_credentials", message)


def judge_factor(call: Call, factor: Factor, *, valid: bool) -> None:
    """Raise mfa_verification_rejected if the hook rejects the code, right or wrong.

    All sessions of the user then end. Call it while no transaction is open.
    """
    if not asking.is_on(call.context, _FACTOR):
        return
    question = {
        "user_id": str(factor.user_id),
        "factor_id": str(factor.id),
        "factor_type": factor.factor_type,
        "valid": valid,
    }
    message = _rejection(asking.ask(call, _FACTOR, question, None), "MFA")
    if not message:
        return
    _end_sessions(call, factor.user_id)
    raise AuthApiError("mfa_verification_rejected", message)


def _rejection(answer: dict[str, Any] | None, what: str) -> str:
    """Return what the user is told, "" if they may go on."""
    decision, message = answers.text(answer, "decision"), answers.text(answer, "message")
    if decision != _REJECT:
        return ""
    return message or f"Further {what} verification attempts will be rejected."


def _end_sessions(call: Call, user_id: UUID) -> None:
    with call.reading() as tx:
        sessions.end_all(tx, user_id)
