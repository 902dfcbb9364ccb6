"""Users that an admin makes, who have not signed up themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

from hipflask.local.auth import identities, signup, user_creation
from hipflask.local.auth.admin.parameters import EMAIL_TAKEN, PHONE_TAKEN
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import Challenge

if TYPE_CHECKING:
    import psycopg

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User


#: Constraint of auth.users -> what its violation means.
_TAKEN: Final = {
    "users_email_partial_key": ("email_exists", EMAIL_TAKEN),
    "users_phone_key": ("phone_exists", PHONE_TAKEN),
    "users_pkey": ("conflict", "A user with this ID already exists"),
}


def raise_not_stored(error: psycopg.Error, otherwise: str) -> NoReturn:
    """Say what is taken by another user, or else what failed and with which database error."""
    taken = _TAKEN.get(error.diag.constraint_name or "")
    if taken:
        raise AuthApiError(*taken) from None
    raise AuthApiError("unexpected_failure", otherwise) from error


def unstored(call: Call, email: str, data: dict[str, Any], *, encrypted_password: str = "") -> User:
    """Return a user who is not stored yet; without a password they are invited."""
    asked = signup.SignUp(
        email=email,
        encrypted_password=encrypted_password,
        data=data,
        challenge=Challenge(),
        audience=call.audience,
    )
    return signup.new_email_user(call, asked)


def store(call: Call, tx: Tx, user: User) -> User:
    """Store the user with an e-mail identity, unconfirmed."""
    user_creation.store(call, tx, user)
    add_identity(call, tx, user, "email", email=user.email)
    return user


def add_identity(
    call: Call, tx: Tx, user: User, provider: str, *, verified: bool = False, **claims: str
) -> None:
    """Store an identity of provider "email" or "phone" with its address or number."""
    data = {
        "sub": str(user.id),
        **claims,
        "email_verified": verified and provider == "email",
        "phone_verified": verified and provider == "phone",
    }
    identity = identities.new_identity(user.id, provider, data, now=call.now)
    identities.insert(tx, identity)
    user.identities.append(identity)
