"""Rows of auth.audit_log_entries, as GoTrue writes them (models/audit_log_entry.go)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from psycopg.types.json import Json

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

#: Action -> the kind of thing that it happened to.
LOG_TYPES: Final[Mapping[str, str]] = {
    "login": "account",
    "logout": "account",
    "invite_accepted": "account",
    "user_signedup": "team",
    "user_invited": "team",
    "user_deleted": "team",
    "token_revoked": "token",
    "token_refreshed": "token",
    "user_modified": "user",
    "user_recovery_requested": "user",
    "user_reauthenticate_requested": "user",
    "user_confirmation_requested": "user",
    "user_repeated_signup": "user",
    "user_updated_password": "user",
    "factor_in_progress": "factor",
    "factor_unenrolled": "factor",
    "challenge_created": "factor",
    "verification_attempted": "factor",
    "factor_deleted": "factor",
    "factor_updated": "factor",
    "identity_linked": "user",
    "identity_unlinked": "user",
    "passkey_created": "user",
    "passkey_updated": "user",
    "passkey_deleted": "user",
}

_INSERT: Final = """insert into auth.audit_log_entries
    (instance_id, id, payload, created_at, ip_address)
    values ('00000000-0000-0000-0000-000000000000', %s, %s, %s, %s)"""


def payload(user: User, action: str, *, traits: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return what is said about ``action`` of ``user``."""
    entry: dict[str, Any] = {
        "action": action,
        "actor_id": str(user.id),
        "actor_username": user.phone or user.email,
        "actor_via_sso": user.is_sso_user,
        "log_type": LOG_TYPES[action],
    }
    if "full_name" in user.user_metadata:
        entry["actor_name"] = user.user_metadata["full_name"]
    if traits is not None:
        entry["traits"] = dict(traits)
    return entry


def write(
    tx: Tx,
    user: User,
    action: str,
    *,
    now: datetime,
    address: str = "",
    traits: Mapping[str, Any] | None = None,
) -> None:
    """Record that ``user`` did ``action``. GoTrue notes the address for some actions only: those on
    second factors, passkeys and identities.
    """
    tx.execute(_INSERT, (uuid4(), Json(payload(user, action, traits=traits)), now, address))
