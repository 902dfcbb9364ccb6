"""What a one-time token is worth: finding its user, and what its use changes.

Each token works once: the user's row is locked before the token is looked at, and using it clears
all tokens of the user (GoTrue, verify.go).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg

from hipflask.local.auth import (
    audit,
    identities,
    mail_flows,
    one_time_tokens,
    passwords,
    sessions,
    users,
)
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import PKCE_PREFIX
from hipflask.local.auth.one_time_tokens import (
    CONFIRMATION,
    EMAIL_CHANGE_CURRENT,
    EMAIL_CHANGE_NEW,
    RECOVERY,
)

if TYPE_CHECKING:
    from datetime import datetime

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.one_time_tokens import Owned
    from hipflask.local.auth.users import User

KINDS_OF: Final = {
    "signup": (CONFIRMATION,),
    "invite": (CONFIRMATION,),
    "recovery": (RECOVERY,),
    "magiclink": (RECOVERY,),
    "email": (CONFIRMATION, RECOVERY),
    "email_change": (EMAIL_CHANGE_CURRENT, EMAIL_CHANGE_NEW),
}
"""Type of a verification -> kinds of token that it takes."""

_BAD_LINK: Final = "Email link is invalid or has expired"
_BAD_CODE: Final = "Token has expired or is invalid"
_EMAIL_PROVIDER: Final = "email"


@dataclass(frozen=True, slots=True)
class Found:
    """A user, and which of their tokens was shown."""

    user: User
    kind: str


def find_by_link(call: Call, tx: Tx, kind: str, token_hash: str) -> Found:
    """Return whose link this is, or raise otp_expired: unknown, used or too old, all the same."""
    if kind not in KINDS_OF:
        raise AuthApiError("validation_failed", "Invalid email verification type")
    owned = one_time_tokens.lock_owner(tx, token_hash, *KINDS_OF[kind])
    user = None if owned is None else users.find_by_id(tx, owned.user_id)
    if owned is None or user is None:
        raise AuthApiError("otp_expired", _BAD_LINK)
    if user.is_banned(call.now):
        raise AuthApiError("user_banned", "User is banned")
    if not _was_sent_to(user, owned) or one_time_tokens.is_expired(
        _sent_at(user, owned.kind), call.config.email, call.now
    ):
        raise AuthApiError("otp_expired", _BAD_LINK)
    return Found(user, owned.kind)


def _was_sent_to(user: User, owned: Owned) -> bool:
    """Whether a token proves that somebody reads the user's mail.

    A code sent to their phone has a hash, too, and a link may have gone to an address that an
    administrator has changed since. GoTrue takes both.
    """
    return owned.kind not in (CONFIRMATION, RECOVERY) or owned.relates_to == user.email.lower()


def find_by_code(call: Call, tx: Tx, kind: str, email: str, code: str) -> Found:
    """Return whose code this is, or raise otp_expired: wrong address, code, type or too late."""
    token_hash = one_time_tokens.hash_of(email, code)
    if kind == "email_change":
        user = _find_changing(tx, token_hash)
    else:
        _lock_by_email(tx, email)
        user = users.find_by_email(tx, email, call.audience)
    if user is None or user.aud != call.audience:
        raise AuthApiError("otp_expired", _BAD_CODE)
    if user.is_banned(call.now):
        raise AuthApiError("user_banned", "User is banned")
    for candidate in KINDS_OF.get(kind, ()):
        stored = getattr(user, candidate)
        if one_time_tokens.matches(token_hash, stored) and not one_time_tokens.is_expired(
            _sent_at(user, candidate), call.config.email, call.now
        ):
            return Found(user, candidate)
    raise AuthApiError("otp_expired", _BAD_CODE)


def _lock_by_email(tx: Tx, email: str) -> None:
    tx.execute("select from auth.users where lower(email) = %s for update", (email.lower(),))


def _find_changing(tx: Tx, token_hash: str) -> User | None:
    """Find who changes their address: the code may have gone to the old or the new one."""
    for token in (token_hash, PKCE_PREFIX + token_hash):
        owned = one_time_tokens.lock_owner(tx, token, EMAIL_CHANGE_CURRENT, EMAIL_CHANGE_NEW)
        if owned is not None:
            return users.find_by_id(tx, owned.user_id)
    return None


def _sent_at(user: User, kind: str) -> datetime | None:
    if kind == CONFIRMATION:
        return user.confirmation_sent_at
    return user.recovery_sent_at if kind == RECOVERY else user.email_change_sent_at


def accept(call: Call, tx: Tx, found: Found) -> User | None:
    """Use the token up. None: the other address has to agree too before anything changes."""
    if found.kind == CONFIRMATION:
        _accept_confirmation(call, tx, found.user)
    elif found.kind == RECOVERY:
        _accept_recovery(call, tx, found.user)
    elif _awaits_other_address(call, found.user):
        _accept_one_address(call, tx, found)
        return None
    else:
        change_address(call, tx, found.user)
    update_providers(call, tx, found.user)
    return users.find_by_id(tx, found.user.id)  # triggers of the project may have changed it


def _accept_confirmation(call: Call, tx: Tx, user: User) -> None:
    if not user.encrypted_password and user.invited_at is not None:
        # Nobody knows this password; the app asks an invited user for one of their own.
        unknown = passwords.hash_password(secrets.token_urlsafe(48), call.context.bcrypt_cost)
        users.store_password(tx, user, unknown, now=call.now)
        sessions.end_all(tx, user.id)
    audit.write(tx, user, "user_signedup", now=call.now, traits={"provider": _EMAIL_PROVIDER})
    users.confirm_email(tx, user, now=call.now)
    for identity in user.identities:
        if identity.email and identity.email == user.email:
            identity.identity_data["email_verified"] = True
            identities.save_data(tx, identity, now=call.now)


def _accept_recovery(call: Call, tx: Tx, user: User) -> None:
    user.recovery_token = ""
    users.save(tx, user, "recovery_token", now=call.now, clear_one_time_tokens=True)
    if user.is_confirmed:
        audit.write(tx, user, "login", now=call.now)
        return
    audit.write(tx, user, "user_signedup", now=call.now, traits={"provider": _EMAIL_PROVIDER})
    users.confirm_email(tx, user, now=call.now)


def _awaits_other_address(call: Call, user: User) -> bool:
    email = call.config.email
    return (
        email.enable_confirmations
        and email.double_confirm_changes
        and user.email_change_confirm_status == 0
        and user.email != ""
    )


def _accept_one_address(call: Call, tx: Tx, found: Found) -> None:
    user = found.user
    user.email_change_confirm_status = 1
    setattr(user, found.kind, "")
    users.save(tx, user, "email_change_confirm_status", found.kind, now=call.now)
    one_time_tokens.clear(tx, user.id, found.kind)


def change_address(call: Call, tx: Tx, user: User) -> None:
    """Make ``user.email_change`` the user's address, confirmed, and tell the old one."""
    old_email, new_email = user.email, user.email_change
    audit.write(tx, user, "user_modified", now=call.now)
    _change_identity(call, tx, user, new_email)
    user.email, user.email_change, user.is_anonymous = new_email, "", False
    user.email_change_token_current = user.email_change_token_new = ""
    user.email_change_confirm_status = 0
    try:
        users.save(
            tx,
            user,
            "email",
            "email_change",
            "email_change_token_current",
            "email_change_token_new",
            "email_change_confirm_status",
            "is_anonymous",
            now=call.now,
            clear_one_time_tokens=True,
        )
    except psycopg.errors.UniqueViolation as error:  # somebody was faster with this address
        raise AuthApiError("unexpected_failure", "Error confirm email") from error
    if not user.is_confirmed:
        users.confirm_email(tx, user, now=call.now)
    if old_email and old_email != new_email:
        mail_flows.notify(call, "email_changed", old_email, user, tx=tx, OldEmail=old_email)


def _change_identity(call: Call, tx: Tx, user: User, email: str) -> None:
    for identity in user.identities:
        if identity.provider == _EMAIL_PROVIDER and identity.provider_id == str(user.id):
            identity.identity_data |= {"email": email, "email_verified": True}
            identities.save_data(tx, identity, now=call.now)
            return
    data = identities.email_identity_data(user.id, email, verified=True)
    identity = identities.new_identity(user.id, _EMAIL_PROVIDER, data, now=call.now)
    identities.insert(tx, identity)
    user.identities.append(identity)


def update_providers(call: Call, tx: Tx, user: User) -> None:
    """Let app_metadata name the providers of the user's identities, oldest first."""
    oldest_first = sorted(user.identities, key=lambda identity: identity.created_at)
    providers = list(dict.fromkeys(identity.provider for identity in oldest_first))
    changes = {"providers": providers, **({"provider": providers[0]} if providers else {})}
    if any(user.app_metadata.get(key) != value for key, value in changes.items()):
        users.merge_metadata(user.app_metadata, changes)
        users.save(tx, user, "app_metadata", now=call.now)
