"""POST /admin/generate_link: what a mail would hold, without sending one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hipflask.local.auth import audit, mail_flows, one_time_tokens, passwords, users
from hipflask.local.auth.admin import new_users
from hipflask.local.auth.admin.actor import require_admin
from hipflask.local.auth.admin.parameters import EMAIL_TAKEN
from hipflask.local.auth.emails import normalised_email
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.hooks import new_user
from hipflask.local.auth.redirects import is_allowed, redirect_target
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.user_shape import user_json

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

routes = Routes()


@dataclass(frozen=True, slots=True)
class LinkRequest:
    """What kind of link, for whom, and the code that goes with it."""

    kind: str
    email: str
    new_email: str
    data: dict[str, Any]
    encrypted_password: str = field(repr=False)
    code: str = field(repr=False)

    @property
    def hashed_token(self) -> str:
        """The hash for the current address; GoTrue answers it for email_change_new as well."""
        return one_time_tokens.hash_of(self.email, self.code)


@routes.post("/admin/generate_link")
def generate_link(call: Call) -> Answer:
    """Make the token and answer link, code and hash. An unknown address may be signed up."""
    admin = require_admin(call)
    kind, email = call.text("type"), normalised_email(call.text("email"))
    redirect_to = redirect_target(call)
    if is_allowed(call.text("redirect_to"), call.config):
        redirect_to = call.text("redirect_to")
    with call.reading() as tx:
        known = users.find_by_email(tx, email, call.audience)
    asked = _read(call, kind, email, known)
    fresh = new_users.unstored(
        call, asked.email, asked.data, encrypted_password=asked.encrypted_password
    )
    if known is None and asked.kind in ("signup", "invite"):
        new_user.ask(call, fresh)
    with call.transaction() as tx:
        user, token, link_kind = _make(call, tx, admin, asked, known, fresh)
    return Answer(
        {
            **user_json(user),
            "action_link": mail_flows.link(call.context, link_kind, token, redirect_to),
            "email_otp": asked.code,
            "hashed_token": asked.hashed_token,
            "verification_type": asked.kind,
            "redirect_to": redirect_to,
        }
    )


def _read(call: Call, kind: str, email: str, known: User | None) -> LinkRequest:
    password = call.text("password")
    if known is None and kind == "magiclink":
        kind, password = "signup", secrets.token_urlsafe(48)
    elif known is None and kind in ("recovery", "email_change_current", "email_change_new"):
        raise AuthApiError("user_not_found", "User with this email not found")
    elif known is None and kind == "signup":
        if not password:
            raise AuthApiError("validation_failed", "Signup requires a valid password")
        passwords.require_strong(password, call.config)
    signs_up = known is None and kind == "signup"
    return LinkRequest(
        kind=kind,
        email=email,
        new_email=call.text("new_email"),
        data=call.mapping("data") or {},
        encrypted_password=(
            passwords.hash_password(password, call.context.bcrypt_cost) if signs_up else ""
        ),
        code=one_time_tokens.new_code(call.config.email),
    )


def _make(
    call: Call, tx: Tx, admin: User, asked: LinkRequest, known: User | None, fresh: User
) -> tuple[User, str, str]:
    """Store the token; return its user, the token and the type that its link says."""
    if asked.kind in ("magiclink", "recovery") and known is not None:
        return known, _recovery_token(call, tx, asked, known), asked.kind
    if asked.kind in ("email_change_current", "email_change_new") and known is not None:
        return known, _email_change_token(call, tx, asked, known), "email_change"
    if asked.kind not in ("signup", "invite"):
        raise AuthApiError(
            "validation_failed", f"Invalid email action link type requested: {asked.kind}"
        )
    user = _unconfirmed_user(call, tx, asked, known, fresh)
    if asked.kind == "invite":
        invited = {"user_id": str(user.id), "user_email": user.email}
        audit.write(tx, admin, "user_invited", now=call.now, traits=invited)
        user.invited_at = call.now
    user.confirmation_token, user.confirmation_sent_at = asked.hashed_token, call.now
    users.save(tx, user, "confirmation_token", "confirmation_sent_at", "invited_at", now=call.now)
    kind = one_time_tokens.CONFIRMATION
    one_time_tokens.store(
        tx, user.id, kind, asked.hashed_token, relates_to=user.email, now=call.now
    )
    return user, asked.hashed_token, asked.kind


def _unconfirmed_user(
    call: Call, tx: Tx, asked: LinkRequest, known: User | None, fresh: User
) -> User:
    if known is None:
        return new_users.store(call, tx, fresh)
    if known.is_confirmed:
        raise AuthApiError("email_exists", EMAIL_TAKEN)
    if asked.kind == "signup" and asked.data:
        users.merge_metadata(known.user_metadata, asked.data)
        users.save(tx, known, "user_metadata", now=call.now)
    return known


def _recovery_token(call: Call, tx: Tx, asked: LinkRequest, user: User) -> str:
    audit.write(tx, user, "user_recovery_requested", now=call.now)
    user.recovery_token, user.recovery_sent_at = asked.hashed_token, call.now
    users.save(tx, user, "recovery_token", "recovery_sent_at", now=call.now)
    kind = one_time_tokens.RECOVERY
    one_time_tokens.store(
        tx, user.id, kind, asked.hashed_token, relates_to=user.email, now=call.now
    )
    return asked.hashed_token


def _email_change_token(call: Call, tx: Tx, asked: LinkRequest, user: User) -> str:
    current = asked.kind == "email_change_current"
    if current and not call.config.email.double_confirm_changes:
        raise AuthApiError(
            "validation_failed", "Enable secure email change to generate link for current email"
        )
    new_email = normalised_email(asked.new_email)
    if users.find_owner_of_email(tx, new_email, user.aud, other_than=user.id) is not None:
        raise AuthApiError("email_exists", EMAIL_TAKEN)
    user.email_change, user.email_change_sent_at = new_email, call.now
    user.email_change_confirm_status = 0
    if current:
        user.email_change_token_current = asked.hashed_token
    else:
        user.email_change_token_new = one_time_tokens.hash_of(new_email, asked.code)
    mail_flows.store_email_change(call, tx, user)
    return user.email_change_token_current if current else user.email_change_token_new
