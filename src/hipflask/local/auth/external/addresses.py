"""The address of a user whose identities changed (GoTrue, UpdateUserEmailFromIdentities)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg

from hipflask.local.auth import users

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.identities import Identity
    from hipflask.local.auth.users import User

_PENDING: Final = {
    "confirmation_token": "",
    "confirmation_sent_at": None,
    "recovery_token": "",
    "recovery_sent_at": None,
    "email_change": "",
    "email_change_token_current": "",
    "email_change_token_new": "",
    "email_change_sent_at": None,
    "email_change_confirm_status": 0,
    "phone_change": "",
    "phone_change_token": "",
    "phone_change_sent_at": None,
    "reauthentication_token": "",
    "reauthentication_sent_at": None,
}


class AddressTaken(Exception):
    """Every address that is left belongs to somebody else."""


def follow_identities(call: Call, tx: Tx, user: User) -> None:
    """Keep the address if an identity has it, else take the best one; or raise AddressTaken.

    What was sent to the old address is no longer good, and an unproven new one is unconfirmed.
    """
    if any(one.email == user.email for one in user.identities):
        return
    ranked = sorted(user.identities, key=_rank)
    best = next(
        (one for one in ranked if users.find_by_email(tx, one.email, user.aud) is None), None
    )
    if best is None:
        raise AddressTaken
    user.email = best.email
    for name, value in _PENDING.items():
        setattr(user, name, value)
    changed = ["email", *_PENDING]
    proven = best.email and (_is_verified(best) or not call.config.email.enable_confirmations)
    if not proven:
        user.email_confirmed_at = None
        user.user_metadata["email_verified"] = False
        changed += ["email_confirmed_at", "user_metadata"]
    try:
        users.save(tx, user, *changed, now=call.now, clear_one_time_tokens=True)
    except psycopg.errors.UniqueViolation:
        raise AddressTaken from None


def _rank(identity: Identity) -> tuple[int, object, str]:
    grade = 2 if not identity.email else 0 if _is_verified(identity) else 1
    return grade, identity.created_at, str(identity.id)


def _is_verified(identity: Identity) -> bool:
    return identity.identity_data.get("email_verified") is True
