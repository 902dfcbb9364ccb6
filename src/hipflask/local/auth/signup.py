"""POST /signup: a new user by e-mail and password; by phone in phone_signup.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import psycopg

from hipflask.local.auth import (
    anonymous,
    audit,
    flow_state,
    identities,
    mail_flows,
    passwords,
    phone_signup,
    sign_in,
    user_creation,
    users,
)
from hipflask.local.auth.context import DEFAULT_ROLE
from hipflask.local.auth.emails import normalised_email
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import Challenge
from hipflask.local.auth.hooks import new_user
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.user_shape import user_json
from hipflask.local.auth.users import User

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx

routes = Routes()
_PROVIDER: Final = "email"
_EMAIL_CONSTRAINT: Final = "users_email_partial_key"


@dataclass(frozen=True, slots=True)
class SignUp:
    """What the client asked for, checked."""

    email: str
    encrypted_password: str = field(repr=False)
    data: dict[str, Any]
    challenge: Challenge
    audience: str


@routes.post("/signup")
def signup(call: Call) -> Answer:
    """Make a user and, without e-mail confirmation, sign them in.

    A confirmed address that is taken gets the answer of a fresh one: nobody learns who is here.
    """
    if not call.text("email") and not call.text("phone"):
        anonymous.require_allowed(call)
        require_open(call)
        return anonymous.sign_up_anonymously(call)
    call.count_against(call.context.limits.signup)
    require_open(call)
    _require_password(call)
    if call.text("phone"):
        return phone_signup.sign_up(call, phone_signup.read(call))
    return sign_up(call, _read(call))


def require_open(call: Call) -> None:
    """Raise signup_disabled when the project takes no new users."""
    if not call.config.enable_signup:
        raise AuthApiError("signup_disabled", "Signups not allowed for this instance")


def sign_up(call: Call, asked: SignUp) -> Answer:
    """Do what POST /signup does, also for POST /otp with an unknown address."""
    try:
        return _sign_up(call, asked)
    except AuthApiError as error:
        cause = error.__cause__
        if not isinstance(cause, psycopg.Error) or cause.diag.constraint_name != _EMAIL_CONSTRAINT:
            raise
    # Another request took the address since we looked; now it is one that is taken.
    return _sign_up(call, asked)


def _require_password(call: Call) -> None:
    """Raise for a password that is absent or weak, and for two ways to reach one user."""
    password = call.text("password")
    if not password:
        raise AuthApiError("validation_failed", "Signup requires a valid password")
    passwords.require_strong(password, call.config)
    if call.text("email") and call.text("phone"):
        raise AuthApiError(
            "validation_failed",
            "Only an email address or phone number should be provided on signup.",
        )


def _read(call: Call) -> SignUp:
    challenge = Challenge.checked(call.text("code_challenge"), call.text("code_challenge_method"))
    if not call.config.email.enable_signup:
        raise AuthApiError("email_provider_disabled", "Email signups are disabled")
    return SignUp(
        email=normalised_email(call.text("email")),
        # Hashed even if the address turns out to be taken: the time must not tell.
        encrypted_password=passwords.hash_password(call.text("password"), call.context.bcrypt_cost),
        data=call.mapping("data") or {},
        challenge=challenge,
        audience=call.audience,
    )


def _sign_up(call: Call, asked: SignUp) -> Answer:
    traits = {"provider": _PROVIDER}
    fresh = new_email_user(call, asked)
    new_user.ask_unless_known(
        call, fresh, lambda tx: users.find_owner_of_email(tx, asked.email, asked.audience)
    )
    with call.transaction() as tx:
        user = users.find_owner_of_email(tx, asked.email, asked.audience)
        if user is not None and user.is_confirmed:
            audit.write(tx, user, "user_repeated_signup", now=call.now, traits=traits)
            taken = True
        else:
            taken = False
            user = user or user_creation.store(call, tx, fresh)
            _require_identity(call, tx, user, asked.data)
            if not call.config.email.enable_confirmations:
                audit.write(tx, user, "user_signedup", now=call.now, traits=traits)
                users.confirm_email(tx, user, now=call.now)
                opened = sign_in.open_session(call, tx, user, "password", traits=traits)
                return Answer(opened.as_json())
            audit.write(tx, user, "user_confirmation_requested", now=call.now, traits=traits)
            _send_confirmation(call, tx, user, asked.challenge)
    if taken:
        return _answer_taken(call, asked)
    if user.invited_at is not None:  # whoever asks may not be the one who was invited
        user.user_metadata, user.identities = {}, []
    return Answer(user_json(user))


def new_email_user(call: Call, asked: SignUp) -> User:
    """Return the user that is asked for, who is not stored yet."""
    return users.new_user(
        audience=asked.audience,
        role=DEFAULT_ROLE,
        now=call.now,
        email=asked.email,
        encrypted_password=asked.encrypted_password,
        user_metadata=dict(asked.data),
        app_metadata={"provider": _PROVIDER, "providers": [_PROVIDER]},
    )


def _require_identity(call: Call, tx: Tx, user: User, data: dict[str, Any]) -> None:
    """Give the user an e-mail identity, in place of unproven ones of other providers."""
    if any(identity.provider == _PROVIDER for identity in user.identities):
        return
    proven = identities.email_identity_data(user.id, user.email)
    identity = identities.new_identity(user.id, _PROVIDER, {**data, **proven}, now=call.now)
    identities.insert(tx, identity)
    if user.identities:
        identities.delete_others(tx, user.id, keep=identity.id)
    user.identities = [identity]
    user.user_metadata = {
        key: value for key, value in identity.identity_data.items() if value is not None
    }
    users.merge_metadata(user.app_metadata, {"provider": _PROVIDER, "providers": [_PROVIDER]})
    users.save(tx, user, "user_metadata", "app_metadata", now=call.now)


def _send_confirmation(call: Call, tx: Tx, user: User, challenge: Challenge) -> None:
    if challenge:
        flow_state.create(
            tx,
            challenge,
            user_id=user.id,
            provider_type=_PROVIDER,
            authentication_method="email/signup",
            now=call.now,
        )
    mail_flows.send_confirmation(call, tx, user, challenge)


def _answer_taken(call: Call, asked: SignUp) -> Answer:
    """Answer for an address that somebody has confirmed: like a fresh one, all made up.

    Where sign-up signs in at once, no answer could look like a fresh one, and GoTrue says so.
    """
    sms = call.config.sms
    signs_in_at_once = not call.config.email.enable_confirmations
    if signs_in_at_once or (sms.enable_signup and not sms.enable_confirmations):
        raise AuthApiError("user_already_exists", "User already registered")
    made_up = users.new_user(
        audience=asked.audience,
        role="",
        now=call.now,
        email=asked.email,
        user_metadata=asked.data,
        app_metadata={"provider": _PROVIDER, "providers": [_PROVIDER]},
    )
    made_up.confirmation_sent_at = call.now
    return Answer(user_json(made_up))
