"""Rows of auth.oauth_consents: what a user granted to an application, until revoked."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from hipflask.local.auth.oauth_server import scopes

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx


def active_scopes(tx: Tx, user_id: UUID, client_id: UUID) -> list[str] | None:
    """Return the scopes that are granted now, or None without a grant."""
    row = tx.execute(
        """select scopes from auth.oauth_consents
            where user_id = %s and client_id = %s and revoked_at is null""",
        (user_id, client_id),
    ).fetchone()
    return None if row is None else scopes.parsed(row[0])


def grant(tx: Tx, user_id: UUID, client_id: UUID, wanted: list[str], now: datetime) -> None:
    """Keep the grant; it takes the place of an earlier one."""
    tx.execute(
        """insert into auth.oauth_consents (id, user_id, client_id, scopes, granted_at)
           values (%s, %s, %s, %s, %s)
           on conflict (user_id, client_id) do update
             set scopes = excluded.scopes, granted_at = excluded.granted_at, revoked_at = null""",
        (uuid4(), user_id, client_id, " ".join(wanted), now),
    )


def revoke(tx: Tx, user_id: UUID, client_id: UUID, now: datetime) -> bool:
    """End the grant and every session of it; False when there is none."""
    ended = tx.execute(
        """update auth.oauth_consents set revoked_at = greatest(%s, granted_at)
            where user_id = %s and client_id = %s and revoked_at is null""",
        (now, user_id, client_id),
    )
    if ended.rowcount == 0:
        return False
    tx.execute(
        "delete from auth.sessions where user_id = %s and oauth_client_id = %s",
        (user_id, client_id),
    )
    return True
