"""What a code that went to a phone is worth: finding its user, and what its use changes.

Follows GoTrue, verify.go (smsVerify); e-mail's part is in verification.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg

from hipflask.local.auth import (
    audit,
    identities,
    mail_flows,
    one_time_tokens,
    sms,
    users,
    verification,
)
from hipflask.local.auth.errors import AuthApiError

if TYPE_CHECKING:
    from datetime import datetime

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

_BAD_CODE: Final = "Token has expired or is invalid"
_PROVIDER: Final = "phone"


def find_by_code(call: Call, tx: Tx, kind: str, phone: str, code: str) -> User:
    """Return whose code this is, or raise otp_expired: wrong number, code, type or too late."""
    token = one_time_tokens.hash_of(phone, code)
    user = _find(call, tx, kind, phone, token)
    if user is None:
        raise AuthApiError("otp_expired", _BAD_CODE)
    if user.is_banned(call.now):
        raise AuthApiError("user_banned", "User is banned")
    fixed = sms.test_code(call.config, phone)
    if fixed and one_time_tokens.same(code, fixed):
        return user
    stored, sent_at = user.confirmation_token, user.confirmation_sent_at
    if kind == "phone_change":
        stored, sent_at = user.phone_change_token, user.phone_change_sent_at
    if not sms.is_right(call, token, stored, sent_at):
        raise AuthApiError("otp_expired", _BAD_CODE)
    return user


def _find(call: Call, tx: Tx, kind: str, phone: str, token: str) -> User | None:
    """Lock and return the user; of several who want one number, the one with this token."""
    if kind == "sms":
        tx.execute("select from auth.users where phone = %s for update", (phone,))
        return users.find_by_phone(tx, phone, call.audience)
    if kind == "phone_change":
        tx.execute("select from auth.users where phone_change = %s for update", (phone,))
        return users.find(
            tx,
            "u.phone_change = %s and u.aud = %s and not u.is_sso_user"
            " order by u.phone_change_token = %s desc nulls last",
            phone,
            call.audience,
            token,
        )
    return None


def accept(call: Call, tx: Tx, kind: str, user: User) -> User | None:
    """Use the code up and return the user as the database then has them."""
    if kind == "phone_change":
        change_phone(call, tx, user)
    else:
        audit.write(tx, user, "user_signedup", now=call.now, traits={"provider": _PROVIDER})
        confirm_phone(tx, user, now=call.now)
    verification.update_providers(call, tx, user)
    return users.find_by_id(tx, user.id)  # triggers of the project may have changed it


def confirm_phone(tx: Tx, user: User, *, now: datetime) -> None:
    """Record that the number is the user's, and drop every one-time token of theirs."""
    user.confirmation_token, user.phone_confirmed_at, user.is_anonymous = "", now, False
    names = ("confirmation_token", "phone_confirmed_at", "is_anonymous")
    users.save(tx, user, *names, now=now, clear_one_time_tokens=True)


def change_phone(call: Call, tx: Tx, user: User) -> None:
    """Make ``user.phone_change`` the user's number, confirmed, and tell their address."""
    old_phone, new_phone = user.phone, user.phone_change
    audit.write(tx, user, "user_modified", now=call.now)
    created = _change_identity(call, tx, user, new_phone)
    user.phone, user.phone_change, user.phone_change_token = new_phone, "", ""
    user.phone_confirmed_at, user.is_anonymous = call.now, False
    try:
        users.save(
            tx,
            user,
            "phone",
            "phone_change",
            "phone_change_token",
            "phone_confirmed_at",
            "is_anonymous",
            now=call.now,
            clear_one_time_tokens=True,
        )
    except psycopg.errors.UniqueViolation as error:  # somebody was faster with this number
        raise AuthApiError("unexpected_failure", "Error confirming user") from error
    if old_phone and old_phone != new_phone:
        details = {"OldPhone": old_phone, "Phone": new_phone}
        mail_flows.notify(call, "phone_changed", user.email, user, tx=tx, **details)
    if created:
        mail_flows.notify(call, "identity_linked", user.email, user, tx=tx, Provider=_PROVIDER)


def _change_identity(call: Call, tx: Tx, user: User, phone: str) -> bool:
    """Let the phone identity name the number; say whether the user had none before."""
    for identity in user.identities:
        if identity.provider == _PROVIDER and identity.provider_id == str(user.id):
            identity.identity_data |= {"phone": phone, "phone_verified": True}
            identities.save_data(tx, identity, now=call.now)
            return False
    data = {
        "sub": str(user.id),
        "email_verified": False,
        "phone": phone,
        "phone_verified": True,
    }
    identity = identities.new_identity(user.id, _PROVIDER, data, now=call.now)
    identities.insert(tx, identity)
    user.identities.append(identity)
    return True
