"""Rows of auth.custom_oauth_providers: providers that an administrator adds while Auth runs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from hipflask.local.auth.external import profile, readers
from hipflask.local.auth.external.endpoints import Endpoints
from hipflask.local.auth.external.outbound import ProviderFailure
from hipflask.local.auth.external.profile import Profile
from hipflask.local.auth.external.provider import ProfileReader, Provider, Visit
from hipflask.local.auth.timestamps import rfc3339

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx

PREFIX: Final = "custom:"


@dataclass(slots=True)
class CustomProvider:
    """One row. The secret is kept as it came: GoTrue encrypts it only with a key of its own."""

    id: UUID
    provider_type: str
    identifier: str
    name: str
    client_id: str
    client_secret: str = field(repr=False)
    acceptable_client_ids: list[str]
    scopes: list[str]
    pkce_enabled: bool
    attribute_mapping: dict[str, Any]
    custom_claims_allowlist: list[str]
    authorization_params: dict[str, Any]
    enabled: bool
    email_optional: bool
    issuer: str | None
    discovery_url: str | None
    skip_nonce_check: bool
    cached_discovery: dict[str, Any] | None
    authorization_url: str | None
    token_url: str | None
    userinfo_url: str | None
    jwks_uri: str | None
    created_at: datetime
    updated_at: datetime

    def as_json(self) -> dict[str, Any]:
        """Return the row as an administrator reads it: everything but the secret."""
        shape = {one.name: getattr(self, one.name) for one in fields(self)}
        del shape["client_secret"]
        shape["discovery_document"] = shape.pop("cached_discovery")
        shape |= {"id": str(self.id), "created_at": rfc3339(self.created_at)}
        shape["updated_at"] = rfc3339(self.updated_at)
        return {name: value for name, value in shape.items() if value is not None}


_NAMES: Final = tuple(one.name for one in fields(CustomProvider))
_COLUMNS: Final = ", ".join(_NAMES)
_JSON: Final = frozenset({"attribute_mapping", "authorization_params", "cached_discovery"})


def find(tx: Tx, identifier: str) -> CustomProvider | None:
    """Return the provider of this identifier, which begins with ``custom:``."""
    row = tx.execute(
        f"select {_COLUMNS} from auth.custom_oauth_providers where identifier = %s",  # noqa: S608
        (identifier,),
    ).fetchone()
    return None if row is None else CustomProvider(*row)


def list_all(tx: Tx, provider_type: str) -> list[CustomProvider]:
    """Return all of a type, or with "" all, newest first."""
    rows = tx.execute(
        f"""select {_COLUMNS} from auth.custom_oauth_providers
             where %s in ('', provider_type) order by created_at desc, id""",  # noqa: S608
        (provider_type,),
    )
    return [CustomProvider(*row) for row in rows]


def insert(tx: Tx, provider: CustomProvider) -> None:
    """Store a new row."""
    places = ", ".join(["%s"] * len(_NAMES))
    tx.execute(
        f"insert into auth.custom_oauth_providers ({_COLUMNS}) values ({places})",  # noqa: S608
        [_stored(provider, name) for name in _NAMES],
    )


def save(tx: Tx, provider: CustomProvider, *, now: datetime) -> None:
    """Store what changed."""
    provider.updated_at = now
    changes = ", ".join(f"{name} = %s" for name in _NAMES)
    tx.execute(
        f"update auth.custom_oauth_providers set {changes} where id = %s",  # noqa: S608
        [*(_stored(provider, name) for name in _NAMES), provider.id],
    )


def delete(tx: Tx, identifier: str) -> bool:
    """Delete the row; say whether there was one."""
    gone = tx.execute(
        "delete from auth.custom_oauth_providers where identifier = %s", (identifier,)
    )
    return gone.rowcount == 1


def _stored(provider: CustomProvider, name: str) -> Any:
    value = getattr(provider, name)
    return Jsonb(value) if name in _JSON and value is not None else value


def make(call: Call, identifier: str, scopes: str) -> Provider:
    """Return the provider to sign in with, or raise ProviderFailure."""
    with call.reading() as tx:
        row = find(tx, identifier)
    if row is None:
        raise ProviderFailure(f"custom provider {identifier} not found")
    if not row.enabled:
        raise ProviderFailure(f"custom provider {identifier} is disabled")
    if row.provider_type == "oidc":
        endpoints = call.context.directory.discover(
            row.issuer or "", row.discovery_url or "", guarded=True
        )
    else:
        addresses = (row.authorization_url or "", row.token_url or "", row.userinfo_url or "")
        endpoints = Endpoints("", *addresses)
    return Provider(
        name=identifier,
        client_ids=(row.client_id, *row.acceptable_client_ids),
        secret=row.client_secret,
        endpoints=endpoints,
        redirect_uri=f"{call.context.external_url}/callback",
        scopes=tuple(with_openid(scopes.split() or row.scopes, row.provider_type)),
        read_profile=reader(
            row.provider_type, row.attribute_mapping, tuple(row.custom_claims_allowlist)
        ),
        parameters={k: v for k, v in row.authorization_params.items() if isinstance(v, str)},
        email_optional=row.email_optional,
        pkce=row.pkce_enabled,
        guarded=True,
    )


def with_openid(scopes: list[str], provider_type: str) -> list[str]:
    """Return the scopes with ``openid`` where the provider speaks OpenID Connect."""
    return scopes if provider_type != "oidc" or "openid" in scopes else ["openid", *scopes]


def reader(
    provider_type: str, mapping: dict[str, Any], allowlist: tuple[str, ...]
) -> ProfileReader:
    """Return how the profile is read: claims by name, then renamed, some kept as they are."""

    def read(visit: Visit) -> Profile:
        if provider_type == "oidc" and visit.tokens.id_token:
            raw = visit.id_claims()
        else:
            raw = readers.userinfo(visit)
        claims = profile.known_claims(raw)
        kept = {name: raw[name] for name in allowlist if name in raw}
        if kept:
            claims["custom_claims"] = {**claims.get("custom_claims", {}), **kept}
        return profile.from_claims(_mapped(claims, mapping))

    return read


def _mapped(claims: dict[str, Any], mapping: dict[str, Any]) -> dict[str, Any]:
    """Set each target to the claim that it names; what is no text is a value of its own."""
    mapped = dict(claims)
    for target, source in mapping.items():
        if not isinstance(source, str):
            mapped[target] = source
        elif source in mapped:
            mapped[target] = mapped[source]
    return mapped
