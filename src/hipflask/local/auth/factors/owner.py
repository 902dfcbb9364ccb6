"""Who may use which factor: the user of a session, their own ones, of types that are on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.factors import factor as factors

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.factors.factor import Factor
    from hipflask.local.auth.sessions import Session
    from hipflask.local.auth.users import User
    from hipflask.local.config.auth import MFAPhoneConfig, MFATypeConfig

#: Type of factor -> its name in GoTrue's messages.
SHOWN: Final = {"totp": "TOTP", "phone": "Phone", "webauthn": "WebAuthn"}


def settings_of(call: Call, kind: str) -> MFATypeConfig | MFAPhoneConfig:
    """Return the section of config.toml for this type of factor."""
    mfa = call.config.mfa
    if kind == "phone":
        return mfa.phone
    return mfa.totp if kind == "totp" else mfa.web_authn


def require_session(call: Call) -> tuple[User, Session]:
    """Return who asks and their session; anonymous users have no factors."""
    user, session = call.require_user()
    if call.bearer_claims().get("is_anonymous") is True:
        raise AuthApiError(
            "no_authorization", "Anonymous user not allowed to perform these actions", status=403
        )
    if session is None:
        raise AuthApiError("session_not_found", "A valid session is required to use second factors")
    return user, session


def find(call: Call, user: User, factor_id: str) -> Factor:
    """Return a factor of the user, or raise mfa_factor_not_found."""
    with call.reading() as tx:
        return factors.find(tx, user.id, factor_id)


def require_verifiable(call: Call, factor: Factor) -> None:
    """Raise the refusal of a type that may not be used."""
    kind = factor.factor_type
    if not settings_of(call, kind).verify_enabled:
        raise AuthApiError(
            f"mfa_{kind}_verify_not_enabled", f"MFA verification is disabled for {SHOWN[kind]}"
        )


def require_level(user: User, session: Session, factor: Factor) -> None:
    """Raise insufficient_aal when a factor that was only begun would stand in for a verified one.

    Whoever knew only the password could have begun it before the user had any (GoTrue checks when
    a factor is begun, not when it is verified).
    """
    if user.has_verified_factor and not factor.is_verified and session.aal != "aal2":
        raise needs_second_level()


def needs_second_level() -> AuthApiError:
    """Return the refusal of a session that has not shown the factor that its user has."""
    return AuthApiError("insufficient_aal", "AAL2 required to enroll a new factor", status=403)
