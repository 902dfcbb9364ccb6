"""GET, PUT and DELETE /admin/users/ID: one user."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from hipflask.local.auth import audit, identities, passwords, sessions, users
from hipflask.local.auth.admin import new_users
from hipflask.local.auth.admin.actor import require_admin, traits
from hipflask.local.auth.admin.parameters import UserParameters
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.user_shape import user_json

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

routes = Routes()


def find_user(call: Call, user_id: str) -> User:
    """Return the user whose id is in the path, or raise user_not_found."""
    try:
        wanted = UUID(user_id)
    except ValueError:
        raise AuthApiError("validation_failed", "user_id must be an UUID", status=404) from None
    with call.reading() as tx:
        user = users.find_by_id(tx, wanted)
    if user is None:
        raise AuthApiError("user_not_found", "User not found")
    return user


@routes.get("/admin/users/<user_id>")
def get_user(call: Call, user_id: str) -> Answer:
    """Return the user."""
    require_admin(call)
    return Answer(user_json(find_user(call, user_id)))


@routes.put("/admin/users/<user_id>")
def update_user(call: Call, user_id: str) -> Answer:
    """Change what is named in the body, at once and without mail. A new password ends sessions."""
    admin = require_admin(call)
    user = find_user(call, user_id)
    asked = UserParameters.read(call)
    new_hash = None
    if asked.password is not None:
        passwords.require_strong(asked.password, call.config)
        new_hash = passwords.hash_password(asked.password, call.context.bcrypt_cost)
    try:
        with call.transaction() as tx:
            _update(call, tx, user, asked, new_hash)
            audit.write(tx, admin, "user_modified", now=call.now, traits=traits(user))
    except psycopg.Error as error:  # a taken address, or a trigger of the project's own
        new_users.raise_not_stored(error, "Error updating user")
    return Answer(user_json(user))


def _update(call: Call, tx: Tx, user: User, asked: UserParameters, new_hash: str | None) -> None:
    if asked.email_confirm:
        users.confirm_email(tx, user, now=call.now)
    if asked.phone_confirm:
        user.confirmation_token, user.phone_confirmed_at = "", call.now
        users.save(
            tx,
            user,
            "confirmation_token",
            "phone_confirmed_at",
            now=call.now,
            clear_one_time_tokens=True,
        )
    if new_hash is not None:
        users.store_password(tx, user, new_hash, now=call.now)
        sessions.end_all(tx, user.id)
    if asked.email:
        _set_contact(call, tx, user, "email", asked.email, verified=asked.email_confirm)
    if asked.phone:
        _set_contact(call, tx, user, "phone", asked.phone, verified=asked.phone_confirm)
    _update_fields(call, tx, user, asked)


def _set_contact(
    call: Call, tx: Tx, user: User, provider: str, value: str, *, verified: bool
) -> None:
    """Set the address or the number, on the user and on the identity that stands for it."""
    claims: dict[str, Any] = {provider: value, f"{provider}_verified": verified}
    for identity in user.identities:
        if identity.provider == provider and identity.provider_id == str(user.id):
            identity.identity_data |= claims
            identities.save_data(tx, identity, now=call.now)
            break
    else:
        new_users.add_identity(call, tx, user, provider, verified=verified, **{provider: value})
    setattr(user, provider, value)
    changed = [provider]
    if user.is_anonymous and verified:
        user.is_anonymous = False
        changed.append("is_anonymous")
    users.save(tx, user, *changed, now=call.now)


def _update_fields(call: Call, tx: Tx, user: User, asked: UserParameters) -> None:
    changed = []
    if asked.role:
        user.role = asked.role
        changed.append("role")
    if asked.app_metadata is not None:
        users.merge_metadata(user.app_metadata, asked.app_metadata)
        changed.append("app_metadata")
    if asked.user_metadata is not None:
        users.merge_metadata(user.user_metadata, asked.user_metadata)
        changed.append("user_metadata")
    if asked.ban is not None:
        user.banned_until = asked.banned_until(call.now)
        changed.append("banned_until")
    if changed:
        users.save(tx, user, *changed, now=call.now)


@routes.delete("/admin/users/<user_id>")
def delete_user(call: Call, user_id: str) -> Answer:
    """Delete the user; with ``should_soft_delete`` keep the row, unrecognisable and of no use."""
    admin = require_admin(call)
    user = find_user(call, user_id)
    soft = bool(call.request.get_data(cache=True)) and call.flag("should_soft_delete")
    try:
        with call.transaction() as tx:
            audit.write(tx, admin, "user_deleted", now=call.now, traits=traits(user))
            if not soft:
                tx.execute("delete from auth.users where id = %s", (user.id,))
            elif user.deleted_at is None:
                _soft_delete(call, tx, user)
    except psycopg.Error as error:  # most often rows elsewhere that refer to the user
        raise AuthApiError("unexpected_failure", "Database error deleting user") from error
    return Answer({})


def _soft_delete(call: Call, tx: Tx, user: User) -> None:
    for identity in user.identities:
        identity.identity_data = {}
        identities.save_data(tx, identity, now=call.now)
        hidden = _obscured(user, f"{identity.provider}:{identity.provider_id}")
        tx.execute(
            "update auth.identities set provider_id = %s where id = %s", (hidden, identity.id)
        )
    user.email = _obscured(user, user.email)
    user.phone = _obscured(user, user.phone)[:15]
    user.email_change = _obscured(user, user.email_change)
    user.phone_change = _obscured(user, user.phone_change)[:15]
    user.user_metadata, user.app_metadata = {}, {}
    user.deleted_at = call.now
    users.store_password(tx, user, "", now=call.now)
    users.save(
        tx,
        user,
        "email",
        "phone",
        "email_change",
        "phone_change",
        "user_metadata",
        "app_metadata",
        "deleted_at",
        now=call.now,
    )
    # What else could open a session for them again.
    tx.execute("delete from auth.mfa_factors where user_id = %s", (user.id,))
    tx.execute("delete from auth.webauthn_credentials where user_id = %s", (user.id,))
    sessions.end_all(tx, user.id)


def _obscured(user: User, value: str) -> str:
    """Return a hash that is the same for the same user and value, as GoTrue stores it."""
    digest = hashlib.sha256(f"{user.id}{value}".encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
