"""/admin/custom-providers: an administrator adds, changes and removes OAuth providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import psycopg

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.external import custom_providers
from hipflask.local.auth.external.custom_providers import PREFIX, CustomProvider
from hipflask.local.auth.external.endpoints import WELL_KNOWN
from hipflask.local.auth.external.outbound import ProviderFailure, require_public
from hipflask.local.auth.json_body import bad_json
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()

_TEXTS: Final = ("name", "client_id", "client_secret")
_LISTS: Final = ("acceptable_client_ids", "scopes", "custom_claims_allowlist")
_FLAGS: Final = ("pkce_enabled", "enabled", "email_optional")
_MAPPINGS: Final = ("attribute_mapping", "authorization_params")
_ADDRESSES: Final = {
    "oidc": ("issuer", "discovery_url"),
    "oauth2": ("authorization_url", "token_url", "userinfo_url", "jwks_uri"),
}
_REQUIRED: Final = {
    "oidc": (("issuer", "OIDC"),),
    "oauth2": tuple(
        (name, "OAuth2") for name in ("authorization_url", "token_url", "userinfo_url")
    ),
}
_RESERVED: Final = frozenset(
    {
        "client_id",
        "client_secret",
        "redirect_uri",
        "response_type",
        "state",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "nonce",
    }
)
#: Fields of a user that no provider may set: they decide what the user may do.
_PROTECTED: Final = frozenset(
    {
        "id",
        "aud",
        "role",
        "app_metadata",
        "created_at",
        "updated_at",
        "confirmed_at",
        "email_confirmed_at",
        "phone_confirmed_at",
        "email_verified",
        "phone_verified",
        "banned_until",
        "is_super_admin",
    }
)
_DOCUMENT: Final = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")


@routes.get("/admin/custom-providers")
def list_providers(call: Call) -> Answer:
    """Return all, or those of ``type``."""
    call.require_admin()
    kind = call.request.args.get("type", "")
    if kind not in ("", *_ADDRESSES):
        raise _invalid("type must be either 'oauth2' or 'oidc'")
    with call.reading() as tx:
        found = custom_providers.list_all(tx, kind)
    return Answer({"providers": [one.as_json() for one in found]})


@routes.get("/admin/custom-providers/<identifier>")
def get_provider(call: Call, identifier: str) -> Answer:
    """Return one."""
    call.require_admin()
    return Answer(_existing(call, identifier).as_json())


@routes.post("/admin/custom-providers")
def create_provider(call: Call) -> Answer:
    """Add one. An OpenID Connect provider must publish its discovery document by now."""
    call.require_admin()
    kind = call.text("provider_type")
    if kind not in _ADDRESSES:
        raise _invalid("provider_type must be either 'oauth2' or 'oidc'")
    identifier = call.text("identifier")
    if not identifier:
        raise _invalid("identifier is required")
    identifier = _checked(identifier)
    for name in _TEXTS:
        if not call.text(name):
            raise _invalid(f"{name} is required")
    for name, word in _REQUIRED[kind]:
        if not call.text(name):
            raise _invalid(f"{name} is required for {word} providers")
    provider = CustomProvider(
        uuid4(), kind, identifier, "", "", "", [], [], True, {}, [], {}, True, False,
        None, None, False, None, None, None, None, None, call.now, call.now,
    )  # fmt: skip
    _apply(call, provider)
    provider.scopes = custom_providers.with_openid(provider.scopes, kind)
    with call.reading() as tx:
        if custom_providers.find(tx, identifier) is not None:
            raise _taken()
    if kind == "oidc":
        provider.cached_discovery = _discover(call, provider)
    try:
        with call.transaction() as tx:
            custom_providers.insert(tx, provider)
    except psycopg.errors.UniqueViolation:
        raise _taken() from None
    except psycopg.errors.CheckViolation as error:
        raise _invalid(f"not acceptable: {error.diag.constraint_name}") from None
    return Answer(provider.as_json(), 201)


@routes.put("/admin/custom-providers/<identifier>")
def update_provider(call: Call, identifier: str) -> Answer:
    """Change what the body names; identifier and type stay."""
    call.require_admin()
    provider = _existing(call, identifier)
    _apply(call, provider)
    if provider.provider_type == "oidc":
        provider.scopes = custom_providers.with_openid(provider.scopes, "oidc")
        if call.text("issuer") or call.optional_text("discovery_url") is not None:
            provider.cached_discovery = _discover(call, provider)
    try:
        with call.transaction() as tx:
            custom_providers.save(tx, provider, now=call.now)
    except psycopg.errors.CheckViolation as error:
        raise _invalid(f"not acceptable: {error.diag.constraint_name}") from None
    return Answer(provider.as_json())


@routes.delete("/admin/custom-providers/<identifier>")
def delete_provider(call: Call, identifier: str) -> Answer:
    """Remove one; its identities stay with their users."""
    call.require_admin()
    identifier = _checked(identifier)
    with call.transaction() as tx:
        if not custom_providers.delete(tx, identifier):
            raise _unknown()
    return Answer(None, 204)


def _apply(call: Call, provider: CustomProvider) -> None:
    for name in _TEXTS:
        if call.text(name):
            setattr(provider, name, call.text(name))
    for name in _LISTS:
        values = _texts(call, name)
        if values is not None:
            setattr(provider, name, values)
    if not all(one.strip() for one in provider.custom_claims_allowlist):
        raise _invalid("custom_claims_allowlist entries must be non-empty strings")
    for name in _MAPPINGS:
        mapping = call.mapping(name)
        if mapping is not None:
            setattr(provider, name, mapping)
    _check_mappings(provider)
    flags = (*_FLAGS, "skip_nonce_check") if provider.provider_type == "oidc" else _FLAGS
    for name in flags:
        if call.body.get(name) is not None:
            setattr(provider, name, call.flag(name))
    for name in _ADDRESSES[provider.provider_type]:
        address = call.text(name)
        if address:
            try:
                require_public(address)
            except ProviderFailure as error:
                raise _invalid(str(error)) from None
            setattr(provider, name, address)


def _check_mappings(provider: CustomProvider) -> None:
    for name, value in provider.authorization_params.items():
        if name.lower() in _RESERVED:
            raise _invalid(f"Cannot override reserved OAuth parameter: {name}")
        if not isinstance(value, str):
            raise _invalid(f'Authorization parameter "{name}" must be a string')
    for name in provider.attribute_mapping:
        if name in _PROTECTED:
            raise _invalid(f"Cannot map to protected system field: {name}")


def _texts(call: Call, name: str) -> list[str] | None:
    values = call.body.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise bad_json(f'"{name}" must be a list of strings')
    return list(values)


def _discover(call: Call, provider: CustomProvider) -> dict[str, Any]:
    """Fetch the discovery document anew: a mistake shall show now, and not at the first sign-in."""
    issuer = provider.issuer or ""
    url = provider.discovery_url or issuer.rstrip("/") + WELL_KNOWN
    call.context.directory.forget(url)
    try:
        document = call.context.directory.document(issuer, url, guarded=True)
    except ProviderFailure as error:
        raise _invalid(f'OIDC discovery from "{url}" failed: {error}') from None
    missing = [name for name in _DOCUMENT if not isinstance(document.get(name), str)]
    if missing:
        raise _invalid(f"OIDC discovery document is missing required fields: {', '.join(missing)}")
    wanted = (
        *_DOCUMENT, "userinfo_endpoint", "scopes_supported", "response_types_supported",
        "grant_types_supported", "subject_types_supported",
    )  # fmt: skip
    return {name: document[name] for name in wanted if name in document}


def _existing(call: Call, identifier: str) -> CustomProvider:
    identifier = _checked(identifier)
    with call.reading() as tx:
        found = custom_providers.find(tx, identifier)
    if found is None:
        raise _unknown()
    return found


def _checked(identifier: str) -> str:
    if not identifier.startswith(PREFIX):
        raise _invalid(f"identifier must start with 'custom:' prefix, e.g. 'custom:{identifier}'")
    return identifier.replace("\0", "\ufffd")  # PostgreSQL cannot compare NUL with anything


def _invalid(message: str) -> AuthApiError:
    return AuthApiError("validation_failed", message)


def _unknown() -> AuthApiError:
    return AuthApiError("custom_provider_not_found", "Custom OAuth provider not found")


def _taken() -> AuthApiError:
    return AuthApiError(
        "conflict", "A custom OAuth provider with this identifier already exists", status=400
    )
