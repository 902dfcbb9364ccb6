"""Rows of auth.oauth_clients: the applications that may ask. Of a secret only the hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from hipflask.local.auth.timestamps import rfc3339

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx

PUBLIC: Final = "public"
CONFIDENTIAL: Final = "confidential"
#: How a client may prove itself, by its type (RFC 7591 section 2).
METHODS_OF: Final = {
    PUBLIC: ("none",),
    CONFIDENTIAL: ("client_secret_basic", "client_secret_post"),
}
_COLUMNS: Final = """id, coalesce(client_secret_hash, ''), registration_type::text,
    client_type::text, token_endpoint_auth_method, redirect_uris, grant_types,
    coalesce(client_name, ''), coalesce(client_uri, ''), coalesce(logo_uri, ''),
    created_at, updated_at"""


@dataclass(slots=True)
class Client:
    """One row of auth.oauth_clients that is not deleted."""

    id: UUID
    secret_hash: str = field(repr=False)
    registration_type: str
    client_type: str
    auth_method: str
    redirect_uris: list[str]
    grant_types: list[str]
    name: str
    uri: str
    logo_uri: str
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of_row(cls, row: tuple[Any, ...]) -> Client:
        """Read a row; both lists are kept as text with commas."""
        uris, grants = row[5].split(","), row[6].split(",")
        return cls(*(*row[:5], uris, grants, *row[7:]))

    @property
    def is_public(self) -> bool:
        """Whether it cannot keep a secret, and proves itself by PKCE alone."""
        return self.client_type == PUBLIC

    def knows(self, secret: str) -> bool:
        """Whether ``secret`` is the client's, compared in constant time."""
        return hmac.compare_digest(hash_secret(secret), self.secret_hash)

    def as_json(self, secret: str = "") -> dict[str, Any]:
        """Return what administrators and the registering client see (RFC 7591 section 3.2.1)."""
        optional = {
            "client_secret": secret,
            "client_name": self.name,
            "client_uri": self.uri,
            "logo_uri": self.logo_uri,
        }
        return {
            "client_id": str(self.id),
            "client_type": self.client_type,
            "redirect_uris": self.redirect_uris,
            "token_endpoint_auth_method": self.auth_method,
            "grant_types": self.grant_types,
            "response_types": ["code"],
            "registration_type": self.registration_type,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
            **{name: text for name, text in optional.items() if text},
        }

    def as_details(self) -> dict[str, str]:
        """Return what a user is shown of it."""
        shown = {"name": self.name, "uri": self.uri, "logo_uri": self.logo_uri}
        return {"id": str(self.id), **{name: text for name, text in shown.items() if text}}


def new_secret() -> str:
    """Return 32 random bytes as text."""
    return secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """Return the hash that is kept; a fast one is enough for 256 random bits."""
    digest = hashlib.sha256(secret.encode(errors="surrogatepass")).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def find(tx: Tx, client_id: UUID) -> Client | None:
    """Return the client, or None for one that never was or is deleted."""
    row = tx.execute(
        f"select {_COLUMNS} from auth.oauth_clients where id = %s and deleted_at is null",  # noqa: S608
        (client_id,),
    ).fetchone()
    return None if row is None else Client.of_row(row)


def find_all(tx: Tx) -> list[Client]:
    """Return every client, newest first."""
    rows = tx.execute(
        f"""select {_COLUMNS} from auth.oauth_clients where deleted_at is null
             order by created_at desc, id"""  # noqa: S608
    ).fetchall()
    return [Client.of_row(row) for row in rows]


def insert(tx: Tx, client: Client) -> None:
    """Store a new client."""
    tx.execute(
        """insert into auth.oauth_clients (client_secret_hash, client_type,
             token_endpoint_auth_method, redirect_uris, grant_types, client_name, client_uri,
             logo_uri, updated_at, id, registration_type, created_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (*_changeable(client), client.id, client.registration_type, client.created_at),
    )


def save(tx: Tx, client: Client) -> None:
    """Store what can change of a client."""
    tx.execute(
        """update auth.oauth_clients set client_secret_hash = %s, client_type = %s,
             token_endpoint_auth_method = %s, redirect_uris = %s, grant_types = %s,
             client_name = %s, client_uri = %s, logo_uri = %s, updated_at = %s where id = %s""",
        (*_changeable(client), client.id),
    )


def _changeable(client: Client) -> tuple[Any, ...]:
    return (
        client.secret_hash or None,
        client.client_type,
        client.auth_method,
        ",".join(client.redirect_uris),
        ",".join(client.grant_types),
        client.name or None,
        client.uri or None,
        client.logo_uri or None,
        client.updated_at,
    )


def delete(tx: Tx, client_id: UUID, now: datetime) -> None:
    """Mark the client as deleted; it can no longer ask for anything."""
    tx.execute(
        "update auth.oauth_clients set deleted_at = %s, updated_at = %s where id = %s",
        (now, now, client_id),
    )
