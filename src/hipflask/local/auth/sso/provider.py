"""Rows of auth.sso_providers with their auth.saml_providers and auth.sso_domains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from hipflask.local.auth.timestamps import rfc3339

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx


@dataclass(slots=True)
class SsoProvider:
    """One identity provider and the domains whose people sign in with it."""

    id: UUID
    resource_id: str | None
    disabled: bool | None
    entity_id: str
    metadata_xml: str
    metadata_url: str | None
    attribute_mapping: dict[str, Any]
    name_id_format: str | None
    domains: list[str]
    created_at: datetime
    updated_at: datetime

    def as_json(self, *, metadata: bool = True) -> dict[str, Any]:
        """Return the provider as GoTrue answers it; its lists leave the metadata out."""
        saml = {
            "entity_id": self.entity_id,
            "metadata_xml": self.metadata_xml if metadata else None,
            "metadata_url": self.metadata_url,
            "attribute_mapping": self.attribute_mapping,
            "name_id_format": self.name_id_format,
        }
        resource = {} if self.resource_id is None else {"resource_id": self.resource_id}
        return {
            "id": str(self.id),
            **resource,
            "disabled": self.disabled,
            "saml": {name: value for name, value in saml.items() if value is not None},
            "domains": [{"domain": domain} for domain in self.domains],
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
        }


# A row that somebody wrote by hand may lack what GoTrue always writes.
_SELECT: Final = """
    select p.id, p.resource_id, p.disabled, coalesce(s.entity_id, ''),
           coalesce(s.metadata_xml, ''), s.metadata_url, coalesce(s.attribute_mapping, '{}'),
           s.name_id_format,
           array(select d.domain from auth.sso_domains d where d.sso_provider_id = p.id
                  order by d.domain collate "C"),
           coalesce(p.created_at, to_timestamp(0)), coalesce(p.updated_at, to_timestamp(0))
      from auth.sso_providers p
      left join lateral (select * from auth.saml_providers
                          where sso_provider_id = p.id order by created_at limit 1) s on true"""


def find(tx: Tx, provider_id: UUID) -> SsoProvider | None:
    """Return the provider of this id."""
    return _one(tx, "p.id = %s", provider_id)


def find_by_resource_id(tx: Tx, resource_id: str) -> SsoProvider | None:
    """Return the provider that an administrator gave this name."""
    return _one(tx, "p.resource_id = %s", resource_id)


def is_known_entity(tx: Tx, entity_id: str) -> bool:
    """Whether the metadata of some provider name this entity."""
    row = tx.execute("select from auth.saml_providers where entity_id = %s", (entity_id,))
    return row.fetchone() is not None


def taken_domain(tx: Tx, domains: Sequence[str], *, other_than: UUID) -> tuple[str, UUID] | None:
    """Return the first of the domains, in capitals or not, that another provider has, and whose."""
    row = tx.execute(
        """select asked, d.sso_provider_id from unnest(%s::text[]) with ordinality a (asked, place)
             join auth.sso_domains d on lower(d.domain) = lower(asked)
            where d.sso_provider_id <> %s order by place limit 1""",
        (list(domains), other_than),
    ).fetchone()
    return None if row is None else (str(row[0]), UUID(str(row[1])))


def list_all(tx: Tx, *, resource_id: str = "", resource_id_prefix: str = "") -> list[SsoProvider]:
    """Return all providers, oldest first, or those with a name or a beginning of one."""
    condition, value = "true", ""
    if resource_id:
        condition, value = "p.resource_id = %s", resource_id
    elif resource_id_prefix:
        condition, value = "starts_with(p.resource_id, %s)", resource_id_prefix
    rows = tx.execute(
        f"{_SELECT} where {condition} order by p.created_at, p.id", (value,) if value else ()
    )
    return [SsoProvider(*row) for row in rows]


def insert(tx: Tx, provider: SsoProvider) -> None:
    """Store a new provider with its domains."""
    made = (provider.created_at, provider.created_at)
    tx.execute(
        """insert into auth.sso_providers (id, resource_id, disabled, created_at, updated_at)
           values (%s, %s, %s, %s, %s)""",
        (provider.id, provider.resource_id, provider.disabled, *made),
    )
    tx.execute(
        """insert into auth.saml_providers (id, sso_provider_id, entity_id, metadata_xml,
             metadata_url, attribute_mapping, name_id_format, created_at, updated_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            uuid4(),
            provider.id,
            provider.entity_id,
            provider.metadata_xml,
            provider.metadata_url,
            Jsonb(provider.attribute_mapping),
            provider.name_id_format,
            *made,
        ),
    )
    _add_domains(tx, provider.id, provider.domains, now=provider.created_at)


def save(tx: Tx, provider: SsoProvider, *, now: datetime) -> None:
    """Store what changed; domains that are no longer named are given up."""
    provider.updated_at = now
    tx.execute(
        "update auth.sso_providers set resource_id = %s, disabled = %s, updated_at = %s"
        " where id = %s",
        (provider.resource_id, provider.disabled, now, provider.id),
    )
    tx.execute(
        """update auth.saml_providers set metadata_xml = %s, metadata_url = %s,
             attribute_mapping = %s, name_id_format = %s, updated_at = %s
            where sso_provider_id = %s""",
        (
            provider.metadata_xml,
            provider.metadata_url,
            Jsonb(provider.attribute_mapping),
            provider.name_id_format,
            now,
            provider.id,
        ),
    )
    tx.execute(
        "delete from auth.sso_domains where sso_provider_id = %s and not domain = any(%s)",
        (provider.id, provider.domains),
    )
    _add_domains(tx, provider.id, provider.domains, now=now)


def delete(tx: Tx, provider: SsoProvider) -> None:
    """Delete the provider; its people stay, and what it said about them."""
    tx.execute("delete from auth.sso_providers where id = %s", (provider.id,))


def _add_domains(tx: Tx, provider_id: UUID, domains: Sequence[str], *, now: datetime) -> None:
    """Store those that the provider has not got yet."""
    tx.execute(
        """insert into auth.sso_domains (id, sso_provider_id, domain, created_at, updated_at)
           select gen_random_uuid(), %(provider)s, asked, %(now)s, %(now)s
             from unnest(%(domains)s::text[]) asked
            where asked not in
              (select domain from auth.sso_domains where sso_provider_id = %(provider)s)""",
        {"provider": provider_id, "domains": list(domains), "now": now},
    )


def _one(tx: Tx, condition: str, value: object) -> SsoProvider | None:
    row = tx.execute(f"{_SELECT} where {condition}", (value,)).fetchone()
    return None if row is None else SsoProvider(*row)
