"""Who may see and change passkeys: the signed-in user, at times only with a second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import sessions
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.passkeys.relying_party import require_enabled

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.users import User


def require_owner(call: Call, *, second_factor: bool = False) -> User:
    """Return who asks. With ``second_factor``, one that they have must have been shown: else
    whoever has only the password would add a way in that never asks for it.
    """
    require_enabled(call)
    user, session = call.require_user()
    shown = session is not None and session.aal == sessions.AAL2
    if second_factor and user.has_verified_factor and not shown:
        raise AuthApiError(
            "insufficient_aal",
            "AAL2 session is required to manage passkeys when MFA is enabled",
            status=403,
        )
    return user


def require_registrant(call: Call) -> User:
    """Return who asks, if they may have passkeys at all."""
    require_enabled(call)
    user, _ = call.require_user()
    if call.bearer_claims().get("is_anonymous") is True:
        raise AuthApiError(
            "no_authorization",
            "Anonymous user not allowed to perform these actions",
            status=403,
        )
    if user.is_sso_user:
        raise AuthApiError("validation_failed", "SSO users cannot register passkeys", status=422)
    return require_owner(call, second_factor=True)
