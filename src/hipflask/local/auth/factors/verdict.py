"""What follows from a proof, whatever its type: a code of an app, of a message, a signature."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.hooks import attempts

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.factors.factor import Factor

_WRONG: Final = {
    "totp": "Invalid TOTP code entered",
    "phone": "Invalid MFA Phone code entered",
    "webauthn": "Failed to validate WebAuthn MFA response",
}


def judge(call: Call, factor: Factor, *, is_right: bool) -> None:
    """Let a right proof pass and refuse a wrong one, and one that the project rejects.

    Every proof passes here, before the transaction that makes it count.
    """
    if factor.factor_type != "webauthn":  # as in GoTrue: the hook hears of codes alone
        attempts.judge_factor(call, factor, valid=is_right)
    if not is_right:
        raise AuthApiError("mfa_verification_failed", _WRONG[factor.factor_type])
