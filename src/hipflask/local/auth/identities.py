"""Rows of auth.identities: how a user may prove who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from hipflask.local.auth.timestamps import from_row, optional_rfc3339, rfc3339

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx


@dataclass(slots=True)
class Identity:
    """One row of auth.identities; ``provider_id`` is the user's id for e-mail and phone."""

    id: UUID
    provider_id: str
    user_id: UUID
    identity_data: dict[str, Any]
    provider: str
    last_sign_in_at: datetime | None
    created_at: datetime
    updated_at: datetime
    email: str

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Identity:
        """Read a row that PostgreSQL packed as JSON."""
        signed_in = row["last_sign_in_at"]
        return cls(
            id=UUID(row["id"]),
            provider_id=row["provider_id"],
            user_id=UUID(row["user_id"]),
            identity_data=row["identity_data"],
            provider=row["provider"],
            last_sign_in_at=signed_in and datetime.fromisoformat(signed_in),
            created_at=from_row(row["created_at"]),
            updated_at=from_row(row["updated_at"]),
            email=row["email"] or "",
        )


def new_identity(
    user_id: UUID, provider: str, identity_data: dict[str, Any], *, now: datetime
) -> Identity:
    """Return an identity that is not stored yet. ``identity_data`` must hold ``sub``."""
    email = str(identity_data.get("email", "")).lower()
    if email:
        identity_data = {**identity_data, "email": email}
    return Identity(
        id=uuid4(),
        provider_id=str(identity_data["sub"]),
        user_id=user_id,
        identity_data=identity_data,
        provider=provider,
        last_sign_in_at=now,
        created_at=now,
        updated_at=now,
        email=email,
    )


def email_identity_data(user_id: UUID, email: str, *, verified: bool = False) -> dict[str, Any]:
    """Return what GoTrue stores about an e-mail identity of its own."""
    return {
        "sub": str(user_id),
        "email": email,
        "email_verified": verified,
        "phone_verified": False,
    }


def insert(tx: Tx, identity: Identity) -> None:
    """Store ``identity``."""
    tx.execute(
        """insert into auth.identities (id, provider_id, user_id, identity_data, provider,
               last_sign_in_at, created_at, updated_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            identity.id,
            identity.provider_id,
            identity.user_id,
            Jsonb(identity.identity_data),
            identity.provider,
            identity.last_sign_in_at,
            identity.created_at,
            identity.updated_at,
        ),
    )


def delete(tx: Tx, identity_id: UUID) -> None:
    """Delete one identity."""
    tx.execute("delete from auth.identities where id = %s", (identity_id,))


def save_sign_in(tx: Tx, identity: Identity, *, now: datetime) -> None:
    """Store what the provider says today, and that the user came by it."""
    identity.last_sign_in_at = identity.updated_at = now
    identity.email = str(identity.identity_data.get("email", ""))
    tx.execute(
        """update auth.identities set identity_data = %s, last_sign_in_at = %s, updated_at = %s
            where id = %s""",
        (Jsonb(identity.identity_data), now, now, identity.id),
    )


def delete_others(tx: Tx, user_id: UUID, *, keep: UUID) -> None:
    """Delete every identity of the user but one."""
    tx.execute("delete from auth.identities where user_id = %s and id <> %s", (user_id, keep))


def save_data(tx: Tx, identity: Identity, *, now: datetime) -> None:
    """Store ``identity.identity_data``; the column ``email`` follows by itself."""
    identity.updated_at = now
    tx.execute(
        "update auth.identities set identity_data = %s, updated_at = %s where id = %s",
        (Jsonb(identity.identity_data), now, identity.id),
    )


def identity_json(identity: Identity) -> dict[str, Any]:
    """Return the shape that clients read; ``id`` is the provider's id, for old clients."""
    shape: dict[str, Any] = {
        "identity_id": str(identity.id),
        "id": identity.provider_id,
        "user_id": str(identity.user_id),
        "identity_data": identity.identity_data,
        "provider": identity.provider,
        "last_sign_in_at": optional_rfc3339(identity.last_sign_in_at),
        "created_at": rfc3339(identity.created_at),
        "updated_at": rfc3339(identity.updated_at),
    }
    if identity.email:
        shape["email"] = identity.email
    return shape
