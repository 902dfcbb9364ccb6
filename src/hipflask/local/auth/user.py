"""GET and PUT /user: the signed-in user, read and changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hipflask.local.auth import (
    audit,
    flow_state,
    mail_flows,
    passwords,
    phone_verification,
    sessions,
    sms,
    users,
    verification,
)
from hipflask.local.auth.emails import normalised_email
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import Challenge
from hipflask.local.auth.phones import checked_phone
from hipflask.local.auth.reauthenticate import require_nonce
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.user_shape import user_json

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.sessions import Session
    from hipflask.local.auth.users import User

routes = Routes()
_FRESH: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Changes:
    """What the client wants changed, checked by itself. None or "" means: leave it."""

    email: str
    phone: str
    password: str | None = field(repr=False)
    current_password: str = field(repr=False)
    nonce: str = field(repr=False)
    data: dict[str, Any] | None
    challenge: Challenge


@routes.get("/user")
def get_user(call: Call) -> Answer:
    """Return who asks."""
    user, _ = call.require_user()
    if not call.token_audience or call.token_audience != call.audience:
        raise AuthApiError("validation_failed", "Token audience doesn't match request audience")
    return Answer(user_json(user))


@routes.put("/user")
def update_user(call: Call) -> Answer:
    """Change password, metadata, address or number; the last two wait for their proof."""
    user, session = call.require_user()
    call.count_against(call.context.limits.user)
    changes = _read(call)
    _require_allowed(call, user, session, changes)
    new_hash = _new_password_hash(call, user, session, changes)
    with call.transaction() as tx:
        if new_hash is not None:
            _set_password(call, tx, user, session, new_hash)
        if changes.data is not None:
            users.merge_metadata(user.user_metadata, changes.data)
            users.save(tx, user, "user_metadata", now=call.now)
        if changes.email and changes.email != user.email:
            _ask_new_address(call, tx, user, changes)
        if changes.phone and changes.phone != user.phone:
            _ask_new_phone(call, tx, user, changes.phone)
        audit.write(tx, user, "user_modified", now=call.now)
    return Answer(user_json(user))


def _read(call: Call) -> Changes:
    email, phone = call.text("email"), call.text("phone")
    if phone:
        phone = checked_phone(phone)
        sms.checked_channel(call.text("channel"))
    password = call.optional_text("password")
    challenge = Challenge.checked(call.text("code_challenge"), call.text("code_challenge_method"))
    if email:
        email = normalised_email(email)
    if password is not None:
        passwords.require_strong(password, call.config)
    return Changes(
        email=email,
        phone=phone,
        password=password,
        current_password=call.text("current_password"),
        nonce=call.text("nonce"),
        data=call.mapping("data"),
        challenge=challenge,
    )


def _require_allowed(call: Call, user: User, session: Session | None, changes: Changes) -> None:
    """Raise if this user, or this session of theirs, may not change these things."""
    if call.mapping("app_metadata") is not None:
        raise AuthApiError("not_admin", "Updating app_metadata requires admin privileges")
    new_email = bool(changes.email) and changes.email != user.email
    new_phone = bool(changes.phone) and changes.phone != user.phone
    new_credential = bool(changes.password) or new_email or new_phone
    second_factor_shown = session is not None and session.aal == sessions.AAL2
    if user.has_verified_factor and new_credential and not second_factor_shown:
        raise AuthApiError(
            "insufficient_aal",
            "AAL2 session is required to update email or password when MFA is enabled.",
        )
    if user.is_anonymous and changes.password and not changes.email and not changes.phone:
        raise AuthApiError(
            "validation_failed",
            "Updating password of an anonymous user without an email or phone is not allowed",
            status=422,
        )
    if user.is_sso_user and (new_credential or changes.nonce):
        raise AuthApiError(
            "user_sso_managed",
            "Updating email, phone, password of a SSO account only possible via SSO",
        )
    if new_phone and not call.config.sms.enable_signup:
        raise AuthApiError("phone_provider_disabled", "Phone logins are disabled", status=422)
    if new_email:
        with call.reading() as tx:
            owner = users.find_owner_of_email(tx, changes.email, call.audience, other_than=user.id)
        if owner is not None:
            raise AuthApiError(
                "email_exists", "A user with this email address has already been registered"
            )
    if new_phone:
        with call.reading() as tx:
            owner = users.find_by_phone(tx, changes.phone, call.audience)
        if owner is not None:
            raise AuthApiError(
                "phone_exists", "A user with this phone number has already been registered"
            )


def _new_password_hash(
    call: Call, user: User, session: Session | None, changes: Changes
) -> str | None:
    """Return the hash to store, None if the password stays. All the slow work is done here,
    before a transaction is open.
    """
    if changes.password is None:
        return None
    _require_reauthentication(call, user, session, changes.nonce)
    cost = call.context.bcrypt_cost
    if changes.password and user.encrypted_password:
        recovering = session is not None and session.is_recovery
        if call.config.email.require_current_password and not recovering:
            _require_current_password(user, changes.current_password, cost)
        if passwords.matches(changes.password, user.encrypted_password, cost):
            raise AuthApiError(
                "same_password", "New password should be different from the old password."
            )
    return passwords.hash_password(changes.password, cost)


def _require_reauthentication(call: Call, user: User, session: Session | None, nonce: str) -> None:
    if not call.config.email.secure_password_change:
        return
    if session is not None and call.now <= session.created_at + _FRESH:
        return
    if not nonce:
        raise AuthApiError("reauthentication_needed", "Password update requires reauthentication")
    require_nonce(call, user, nonce)


def _require_current_password(user: User, current: str, cost: int) -> None:
    message = "Current password required when setting new password."
    if not current:
        raise AuthApiError("current_password_required", message)
    if not passwords.matches(current, user.encrypted_password, cost):
        raise AuthApiError("current_password_invalid", message)


def _set_password(
    call: Call, tx: Tx, user: User, session: Session | None, encrypted_password: str
) -> None:
    """Store the password; end every other session and every one-time token of the user.

    A new password may mean that the old one, or a mail, came into the wrong hands.
    """
    users.store_password(tx, user, encrypted_password, now=call.now)
    sessions.end_all(tx, user.id, except_for=session.id if session is not None else None)
    audit.write(tx, user, "user_updated_password", now=call.now)
    mail_flows.notify(call, "password_changed", user.email, user, tx=tx)


def _ask_new_address(call: Call, tx: Tx, user: User, changes: Changes) -> None:
    if user.is_anonymous and not call.config.email.enable_confirmations:
        # Like a sign-up, which would not have asked for a proof either.
        user.email_change = changes.email
        verification.change_address(call, tx, user)
        verification.update_providers(call, tx, user)
        return
    if changes.challenge:
        flow_state.create(
            tx,
            changes.challenge,
            user_id=user.id,
            provider_type="email_change",
            authentication_method="email_change",
            now=call.now,
        )
    mail_flows.send_email_change(call, tx, user, changes.email, changes.challenge)


def _ask_new_phone(call: Call, tx: Tx, user: User, phone: str) -> None:
    if call.config.sms.enable_confirmations:
        sms.send_code(call, tx, user, phone, sms.PHONE_CHANGE)
        return
    user.phone_change = phone
    phone_verification.change_phone(call, tx, user)
    verification.update_providers(call, tx, user)
