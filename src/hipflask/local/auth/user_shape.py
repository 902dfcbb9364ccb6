"""A user as clients read it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hipflask.local.auth.identities import identity_json
from hipflask.local.auth.timestamps import rfc3339

if TYPE_CHECKING:
    from hipflask.local.auth.users import User


def user_json(user: User) -> dict[str, Any]:
    """Return ``user`` as clients read it: no secret, absent moments left out."""
    shape: dict[str, Any] = {
        "id": str(user.id),
        "aud": user.aud,
        "role": user.role,
        "email": user.email,
        "phone": user.phone,
        "app_metadata": user.app_metadata,
        "user_metadata": user.user_metadata,
        "identities": [identity_json(one) for one in user.identities],
        "created_at": rfc3339(user.created_at),
        "updated_at": rfc3339(user.updated_at),
        "is_anonymous": user.is_anonymous,
    }
    moments = {
        "email_confirmed_at": user.email_confirmed_at,
        "invited_at": user.invited_at,
        "phone_confirmed_at": user.phone_confirmed_at,
        "confirmation_sent_at": user.confirmation_sent_at,
        "confirmed_at": user.confirmed_at,
        "recovery_sent_at": user.recovery_sent_at,
        "email_change_sent_at": user.email_change_sent_at,
        "phone_change_sent_at": user.phone_change_sent_at,
        "reauthentication_sent_at": user.reauthentication_sent_at,
        "last_sign_in_at": user.last_sign_in_at,
        "banned_until": user.banned_until,
        "deleted_at": user.deleted_at,
    }
    shape |= {name: rfc3339(moment) for name, moment in moments.items() if moment is not None}
    if user.email_change:
        shape["new_email"] = user.email_change
    if user.phone_change:
        shape["new_phone"] = user.phone_change
    if user.factors:
        shape["factors"] = [_factor_json(factor) for factor in user.factors]
    return shape


def _factor_json(factor: dict[str, Any]) -> dict[str, Any]:
    shape = {key: value for key, value in factor.items() if value}
    for stamp in ("created_at", "updated_at"):
        shape[stamp] = rfc3339(datetime.fromisoformat(factor[stamp]))
    asked = factor["last_challenged_at"]
    shape["last_challenged_at"] = rfc3339(datetime.fromisoformat(asked)) if asked else None
    shape["phone"] = factor["phone"] or ""
    return shape
