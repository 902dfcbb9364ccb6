"""POST /signup with a phone number and a password (GoTrue, signup.go)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import psycopg

from hipflask.local.auth import (
    audit,
    identities,
    passwords,
    phone_verification,
    sign_in,
    sms,
    user_creation,
    users,
)
from hipflask.local.auth.context import DEFAULT_ROLE
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.hooks import new_user
from hipflask.local.auth.one_time_tokens import CONFIRMATION
from hipflask.local.auth.phones import checked_phone
from hipflask.local.auth.routes import Answer
from hipflask.local.auth.user_shape import user_json

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

_PROVIDER: Final = "phone"
_PHONE_CONSTRAINT: Final = "users_phone_key"
_APP_METADATA: Final = {"provider": _PROVIDER, "providers": [_PROVIDER]}


@dataclass(frozen=True, slots=True)
class PhoneSignUp:
    """What the client asked for, checked."""

    phone: str
    encrypted_password: str = field(repr=False)
    data: dict[str, Any]
    channel: str
    audience: str


def read(call: Call) -> PhoneSignUp:
    """Return the request's sign-up; the password has been found strong."""
    channel = sms.checked_channel(call.text("channel"))
    if call.text("code_challenge"):
        raise AuthApiError("validation_failed", "PKCE not supported for phone signups")
    if not call.config.sms.enable_signup:
        raise AuthApiError("phone_provider_disabled", "Phone signups are disabled")
    return PhoneSignUp(
        phone=checked_phone(call.text("phone")),
        # Hashed even if the number turns out to be taken: the time must not tell.
        encrypted_password=passwords.hash_password(call.text("password"), call.context.bcrypt_cost),
        data=call.mapping("data") or {},
        channel=channel,
        audience=call.audience,
    )


def sign_up(call: Call, asked: PhoneSignUp) -> Answer:
    """Make the user and send the code or, without confirmation, sign them in."""
    try:
        return _sign_up(call, asked)
    except AuthApiError as error:
        cause = error.__cause__
        if not isinstance(cause, psycopg.Error) or cause.diag.constraint_name != _PHONE_CONSTRAINT:
            raise
    # Another request took the number since we looked; now it is one that is taken.
    return _sign_up(call, asked)


def _sign_up(call: Call, asked: PhoneSignUp) -> Answer:
    traits = {"provider": _PROVIDER}
    fresh = _new_user(call, asked)
    new_user.ask_unless_known(
        call, fresh, lambda tx: users.find_by_phone(tx, asked.phone, asked.audience)
    )
    with call.transaction() as tx:
        user = users.find_by_phone(tx, asked.phone, asked.audience)
        if user is not None and user.phone_confirmed_at is not None:
            audit.write(tx, user, "user_repeated_signup", now=call.now, traits=traits)
            taken = True
        else:
            taken = False
            user = user or user_creation.store(call, tx, fresh)
            _require_identity(call, tx, user, asked.data)
            if not call.config.sms.enable_confirmations:
                audit.write(
                    tx,
                    user,
                    "user_signedup",
                    now=call.now,
                    traits=traits | {"channel": asked.channel},
                )
                phone_verification.confirm_phone(tx, user, now=call.now)
                opened = sign_in.open_session(call, tx, user, "password", traits=traits)
                return Answer(opened.as_json())
            audit.write(tx, user, "user_confirmation_requested", now=call.now, traits=traits)
            sms.send_code(call, tx, user, asked.phone, CONFIRMATION)
    return _answer_taken(call, asked) if taken else Answer(user_json(user))


def _new_user(call: Call, asked: PhoneSignUp) -> User:
    return users.new_user(
        audience=asked.audience,
        role=DEFAULT_ROLE,
        now=call.now,
        phone=asked.phone,
        encrypted_password=asked.encrypted_password,
        user_metadata=dict(asked.data),
        app_metadata=dict(_APP_METADATA),
    )


def _require_identity(call: Call, tx: Tx, user: User, data: dict[str, Any]) -> None:
    """Give the user a phone identity, in place of unproven ones of other providers.

    It does not name the number until that changes, as in GoTrue.
    """
    if any(identity.provider == _PROVIDER for identity in user.identities):
        return
    proven = {"sub": str(user.id), "email_verified": False, "phone_verified": False}
    if user.email:
        proven["email"] = user.email
    identity = identities.new_identity(user.id, _PROVIDER, {**data, **proven}, now=call.now)
    identities.insert(tx, identity)
    if user.identities:
        identities.delete_others(tx, user.id, keep=identity.id)
    user.identities = [identity]
    user.user_metadata = {
        key: value for key, value in identity.identity_data.items() if value is not None
    }
    users.merge_metadata(user.app_metadata, dict(_APP_METADATA))
    users.save(tx, user, "user_metadata", "app_metadata", now=call.now)


def _answer_taken(call: Call, asked: PhoneSignUp) -> Answer:
    """Answer for a number that somebody has confirmed: like a fresh one, all made up.

    Where any sign-up signs in at once, GoTrue says that the number is taken.
    """
    email = call.config.email
    signs_in_at_once = not call.config.sms.enable_confirmations
    if signs_in_at_once or (email.enable_signup and not email.enable_confirmations):
        raise AuthApiError("user_already_exists", "User already registered")
    made_up = users.new_user(
        audience=asked.audience,
        role="",
        now=call.now,
        phone=asked.phone,
        user_metadata=asked.data,
        app_metadata=dict(_APP_METADATA),
    )
    made_up.confirmation_sent_at = call.now
    return Answer(user_json(made_up))
