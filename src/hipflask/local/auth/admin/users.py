"""GET and POST /admin/users: the list of users, and a new one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from hipflask.local.auth import audit, imported_hashes, passwords, users
from hipflask.local.auth.admin import new_users
from hipflask.local.auth.admin.actor import require_admin, traits
from hipflask.local.auth.admin.paging import Page
from hipflask.local.auth.admin.parameters import EMAIL_TAKEN, PHONE_TAKEN, UserParameters
from hipflask.local.auth.context import DEFAULT_ROLE
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.user_shape import user_json
from hipflask.local.auth.users import User

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx

routes = Routes()


@routes.get("/admin/users")
def list_users(call: Call) -> Answer:
    """Return one page of users, newest first; identities are left out, as in GoTrue.

    ``filter`` looks for a part of the address or of the full name; ``sort`` takes created_at.
    """
    require_admin(call)
    order = _order(call)
    page = Page.asked_for(call)
    wanted = call.request.args.get("filter", "").replace("\0", "")
    condition = """u.aud = %(aud)s and (%(filter)s = '' or u.email like %(like)s
        or u.raw_user_meta_data->>'full_name' ilike %(like)s)"""
    values = {"aud": call.audience, "filter": wanted, "like": f"%{wanted}%"}
    with call.reading() as tx:
        total = tx.execute(f"select count(*) from auth.users u where {condition}", values)  # noqa: S608
        count = total.fetchone()
        found = tx.execute(
            f"""select {users.COLUMNS} from auth.users u where {condition}
                order by {order} limit %(size)s offset %(offset)s""",  # noqa: S608
            {**values, "size": page.size, "offset": page.offset},
        ).fetchall()
    assert count is not None
    shown = [{**user_json(User(*row)), "identities": None} for row in found]
    return Answer({"users": shown, "aud": call.audience}, headers=page.headers(call, count[0]))


def _order(call: Call) -> str:
    """Return the SQL of ``sort``, of which GoTrue takes only ``created_at [asc|desc]``."""
    asked = call.request.args.get("sort", "created_at desc")
    field, _, direction = asked.partition(" ")
    if field != "created_at":
        raise AuthApiError(
            "validation_failed", f"Bad Sort Parameters: bad field for sort '{field}'"
        )
    if direction.lower() not in ("", "asc", "desc"):
        raise AuthApiError(
            "validation_failed",
            f"Bad Sort Parameters: bad direction for sort '{direction}', "
            "only 'asc' and 'desc' allowed",
        )
    chosen = "asc" if direction.lower() == "asc" else "desc"
    return f"u.created_at {chosen}, u.id {chosen}"


@routes.post("/admin/users")
def create_user(call: Call) -> Answer:
    """Make a user without any mail. Rules about strong passwords do not bind an admin."""
    admin = require_admin(call)
    asked = UserParameters.read(call)
    if not asked.email and not asked.phone:
        raise AuthApiError(
            "validation_failed", "Cannot create a user without either an email or phone"
        )
    audience = asked.audience or call.audience
    with call.reading() as tx:
        _require_free(tx, asked, audience)
    user = _new_user(call, asked, audience)
    try:
        with call.transaction() as tx:
            users.insert(tx, user)
            _add_identities(call, tx, user)
            provider = {"provider": user.app_metadata["provider"]}
            audit.write(tx, admin, "user_signedup", now=call.now, traits=traits(user) | provider)
            _complete(call, tx, user, asked)
    except psycopg.Error as error:  # a taken id, or a trigger of the project's own
        new_users.raise_not_stored(error, "Database error creating new user")
    return Answer(user_json(user))


def _require_free(tx: Tx, asked: UserParameters, audience: str) -> None:
    if asked.email and users.find_owner_of_email(tx, asked.email, audience) is not None:
        raise AuthApiError("email_exists", EMAIL_TAKEN)
    phone_owner = users.find(
        tx, "u.phone = %s and u.aud = %s and not u.is_sso_user", asked.phone, audience
    )
    if asked.phone and phone_owner is not None:
        raise AuthApiError("phone_exists", PHONE_TAKEN)


def _new_user(call: Call, asked: UserParameters, audience: str) -> User:
    providers = [name for name in ("email", "phone") if getattr(asked, name)]
    user = users.new_user(
        audience=audience,
        role=asked.role or DEFAULT_ROLE,
        now=call.now,
        email=asked.email,
        phone=asked.phone,
        encrypted_password=_password_hash(call, asked),
        user_metadata=asked.user_metadata or {},
        app_metadata={"provider": providers[0], "providers": providers},
    )
    if asked.id:
        user.id = _checked_id(asked.id)
    user.banned_until = asked.banned_until(call.now)
    return user


def _password_hash(call: Call, asked: UserParameters) -> str:
    if asked.password is not None and asked.password_hash:
        raise AuthApiError(
            "validation_failed", "Only a password or a password hash should be provided"
        )
    if asked.password_hash:
        try:
            imported_hashes.parse(asked.password_hash)
        except ValueError as error:
            raise AuthApiError("validation_failed", f"password_hash: {error}") from None
        return asked.password_hash
    password = asked.password or secrets.token_urlsafe(48)
    if len(password.encode()) > passwords.LONGEST:
        raise AuthApiError("validation_failed", "bcrypt: password length exceeds 72 bytes")
    return passwords.hash_password(password, call.context.bcrypt_cost)


def _checked_id(text: str) -> UUID:
    try:
        chosen = UUID(text)
    except ValueError:
        raise AuthApiError("validation_failed", "ID must conform to the uuid v4 format") from None
    if chosen.int == 0:
        raise AuthApiError("validation_failed", "ID cannot be a nil uuid")
    return chosen


def _add_identities(call: Call, tx: Tx, user: User) -> None:
    if user.email:
        new_users.add_identity(call, tx, user, "email", email=user.email)
    if user.phone:
        new_users.add_identity(call, tx, user, "phone", phone=user.phone)


def _complete(call: Call, tx: Tx, user: User, asked: UserParameters) -> None:
    if asked.app_metadata:
        users.merge_metadata(user.app_metadata, asked.app_metadata)
        users.save(tx, user, "app_metadata", now=call.now)
    if asked.email_confirm:
        users.confirm_email(tx, user, now=call.now)
    if asked.phone_confirm:
        user.phone_confirmed_at = call.now
        users.save(tx, user, "phone_confirmed_at", now=call.now)
