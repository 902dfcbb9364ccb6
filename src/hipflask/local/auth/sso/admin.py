"""/admin/sso/providers: an administrator keeps the list of SAML identity providers.

It is there whether SAML is switched on or not, as in GoTrue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import psycopg

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.sso import metadata
from hipflask.local.auth.sso import provider as providers
from hipflask.local.auth.sso.parameters import SsoParameters
from hipflask.local.auth.sso.provider import SsoProvider

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()

#: Before a name that the administrator gave, in place of the id.
_BY_RESOURCE: Final = "resource_"


@routes.get("/admin/sso/providers")
def list_providers(call: Call) -> Answer:
    """Return all; ``resource_id`` and ``resource_id_prefix`` narrow it down."""
    call.require_admin()
    with call.reading() as tx:
        found = providers.list_all(
            tx,
            resource_id=_query(call, "resource_id"),
            resource_id_prefix=_query(call, "resource_id_prefix"),
        )
    return Answer({"items": [one.as_json(metadata=False) for one in found]})


@routes.post("/admin/sso/providers")
def create_provider(call: Call) -> Answer:
    """Add one by its metadata, or by the address where it publishes them."""
    call.require_admin()
    asked = SsoParameters.read(call, new=True)
    document = asked.metadata(call)
    provider = SsoProvider(
        id=uuid4(),
        resource_id=asked.resource_id,
        disabled=asked.disabled,
        entity_id=metadata.entity_id(document),
        metadata_xml=document,
        metadata_url=asked.metadata_url or None,
        attribute_mapping=asked.attribute_mapping or {},
        name_id_format=asked.name_id_format or None,
        domains=asked.domains or [],
        created_at=call.now,
        updated_at=call.now,
    )
    with call.reading() as tx:
        if providers.is_known_entity(tx, provider.entity_id):
            raise AuthApiError(
                "saml_idp_already_exists",
                f"SAML Identity Provider with this EntityID ({provider.entity_id}) already exists",
            )
    _require_free(call, provider)
    try:
        with call.transaction() as tx:
            providers.insert(tx, provider)
    except psycopg.errors.UniqueViolation as error:
        raise _conflict("Creating", error) from None
    return Answer(provider.as_json(), 201)


@routes.get("/admin/sso/providers/<provider_id>")
def get_provider(call: Call, provider_id: str) -> Answer:
    """Return one."""
    call.require_admin()
    return Answer(_existing(call, provider_id).as_json())


@routes.put("/admin/sso/providers/<provider_id>")
def update_provider(call: Call, provider_id: str) -> Answer:
    """Change what the body names. Only ``name_id_format`` goes when it is not named."""
    call.require_admin()
    provider = _existing(call, provider_id)
    asked = SsoParameters.read(call, new=False)
    before = provider.as_json()
    _apply(call, provider, asked)
    if provider.as_json() == before:
        return Answer(before)
    try:
        with call.transaction() as tx:
            providers.save(tx, provider, now=call.now)
    except psycopg.errors.UniqueViolation as error:
        raise _conflict("Updating", error) from None
    return Answer(provider.as_json())


@routes.delete("/admin/sso/providers/<provider_id>")
def delete_provider(call: Call, provider_id: str) -> Answer:
    """Remove one and answer what it was."""
    call.require_admin()
    provider = _existing(call, provider_id)
    with call.transaction() as tx:
        providers.delete(tx, provider)
    return Answer(provider.as_json())


def _apply(call: Call, provider: SsoProvider, asked: SsoParameters) -> None:
    document = asked.metadata(call)
    if document:
        entity_id = metadata.entity_id(document)
        if entity_id != provider.entity_id:
            raise AuthApiError(
                "saml_entity_id_mismatch",
                "SAML Metadata can be updated only if the EntityID matches for the provider; "
                f"expected '{provider.entity_id}' but got '{entity_id}'",
            )
        provider.metadata_xml = document
        provider.metadata_url = asked.metadata_url or provider.metadata_url
    if asked.domains is not None:
        provider.domains = asked.domains
        _require_free(call, provider)
    if asked.attribute_mapping is not None:
        provider.attribute_mapping = asked.attribute_mapping
    provider.name_id_format = asked.name_id_format or None
    if asked.resource_id is not None:
        provider.resource_id = asked.resource_id or None
    if asked.disabled is not None:
        provider.disabled = asked.disabled


def _require_free(call: Call, provider: SsoProvider) -> None:
    with call.reading() as tx:
        taken = providers.taken_domain(tx, provider.domains, other_than=provider.id)
    if taken is not None:
        raise AuthApiError(
            "sso_domain_already_exists",
            f"SSO Domain '{taken[0]}' is already assigned to an SSO identity provider ({taken[1]})",
        )


def _existing(call: Call, provider_id: str) -> SsoProvider:
    unknown = AuthApiError("sso_provider_not_found", "SSO Identity Provider not found")
    with call.reading() as tx:
        if provider_id.startswith(_BY_RESOURCE):
            resource_id = provider_id.removeprefix(_BY_RESOURCE).replace("\0", "\ufffd")
            found = providers.find_by_resource_id(tx, resource_id)
        else:
            try:
                found = providers.find(tx, UUID(provider_id))
            except ValueError:
                raise unknown from None
    if found is None:
        raise unknown
    return found


def _query(call: Call, name: str) -> str:
    """Return a value of the query; PostgreSQL cannot compare NUL with anything."""
    return call.request.args.get(name, "").replace("\0", "\ufffd")


def _conflict(doing: str, error: psycopg.errors.UniqueViolation) -> AuthApiError:
    """Return what to say of a name that is taken, or became so a moment ago."""
    return AuthApiError(
        "conflict",
        f"{doing} SSO provider failed, likely due to a conflict. Try again? "
        f"({error.diag.constraint_name})",
        status=422,
    )
