"""Rows of auth.webauthn_credentials: the public halves of the passkeys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.timestamps import rfc3339

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx

#: GoTrue's default (conf, PasskeyConfiguration); config.toml has no word for it.
MOST_PER_USER: Final = 10
#: What a new passkey is called until the user names it. GoTrue looks up the maker's name first.
NEW_NAME: Final = "Passkey"
_COLUMNS: Final = """id, user_id, credential_id, public_key, attestation_type, aaguid, sign_count,
    transports, backup_eligible, backed_up, friendly_name, created_at, last_used_at"""


@dataclass(slots=True)
class Credential:
    """One passkey. The fields follow _COLUMNS; ``public_key`` is a COSE key (RFC 9052)."""

    id: UUID
    user_id: UUID
    credential_id: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    attestation_type: str
    aaguid: UUID | None
    sign_count: int
    transports: list[str]
    backup_eligible: bool
    backed_up: bool
    friendly_name: str
    created_at: datetime
    last_used_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what clients see of it. What is empty is left out, as GoTrue does."""
        shown: dict[str, Any] = {"id": str(self.id)}
        if self.friendly_name:
            shown["friendly_name"] = self.friendly_name
        shown["created_at"] = rfc3339(self.created_at)
        if self.last_used_at is not None:
            shown["last_used_at"] = rfc3339(self.last_used_at)
        return shown


def of_user(tx: Tx, user_id: UUID) -> list[Credential]:
    """Return the user's passkeys, oldest first."""
    rows = tx.execute(
        f"select {_COLUMNS} from auth.webauthn_credentials"  # noqa: S608
        " where user_id = %s order by created_at, id",
        (user_id,),
    )
    return [Credential(*row) for row in rows]


def find(tx: Tx, passkey_id: str, user_id: UUID) -> Credential:
    """Return this passkey of the user, or raise the refusal that GoTrue has for its absence."""
    not_found = AuthApiError("validation_failed", "Passkey not found", status=404)
    try:
        wanted = UUID(passkey_id)
    except ValueError:
        raise not_found from None
    row = tx.execute(
        f"select {_COLUMNS} from auth.webauthn_credentials"  # noqa: S608
        " where id = %s and user_id = %s",
        (wanted, user_id),
    ).fetchone()
    if row is None:
        raise not_found
    return Credential(*row)


def check_room(count: int) -> None:
    """Raise too_many_passkeys when a user with ``count`` passkeys may have no more."""
    if count >= MOST_PER_USER:
        raise AuthApiError("too_many_passkeys", "Maximum number of passkeys reached")


def insert(tx: Tx, made: Credential) -> None:
    """Store a new passkey. Nobody has it twice, and two at once do not pass the limit."""
    tx.execute("select 1 from auth.users where id = %s for update", (made.user_id,))
    check_room(len(of_user(tx, made.user_id)))
    stored = tx.execute(
        f"""insert into auth.webauthn_credentials ({_COLUMNS}, updated_at)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (credential_id) do nothing""",  # noqa: S608
        (
            made.id,
            made.user_id,
            made.credential_id,
            made.public_key,
            made.attestation_type,
            made.aaguid,
            made.sign_count,
            Jsonb(made.transports),
            made.backup_eligible,
            made.backed_up,
            made.friendly_name,
            made.created_at,
            made.last_used_at,
            made.created_at,
        ),
    )
    if not stored.rowcount:
        raise AuthApiError("webauthn_credential_exists", "This credential is already registered")


def rename(tx: Tx, credential: Credential, name: str, *, now: datetime) -> None:
    """Give the passkey another name."""
    credential.friendly_name = name
    tx.execute(
        "update auth.webauthn_credentials set friendly_name = %s, updated_at = %s where id = %s",
        (name, now, credential.id),
    )


def mark_used(tx: Tx, credential: Credential, sign_count: int, *, now: datetime) -> None:
    """Keep when the passkey was used and how far its counter is."""
    tx.execute(
        "update auth.webauthn_credentials set sign_count = %s, last_used_at = %s, updated_at = %s"
        " where id = %s",
        (sign_count, now, now, credential.id),
    )


def delete(tx: Tx, credential: Credential) -> None:
    """Forget the passkey."""
    tx.execute("delete from auth.webauthn_credentials where id = %s", (credential.id,))
