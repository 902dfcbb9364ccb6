"""POST /token?grant_type=id_token: sign in, or link, with a provider's ID token."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hipflask.local.auth import sign_in, users
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.external import arrivals, catalogue, custom_providers, id_token, profile
from hipflask.local.auth.external.endpoints import Endpoints
from hipflask.local.auth.external.outbound import ProviderFailure
from hipflask.local.auth.external.readers import is_azure_issuer
from hipflask.local.auth.external.states import METHOD
from hipflask.local.auth.routes import Answer

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.external.profile import Profile
    from hipflask.local.auth.users import User

#: Providers of config.toml that GoTrue takes no ID tokens of.
_NO_ID_TOKENS = frozenset({"github", "gitlab", "linkedin_oidc", "slack_oidc"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """Whose ID tokens are taken, and how strictly."""

    provider: str
    issuer: str
    client_ids: tuple[str, ...]
    skip_nonce_check: bool = False
    email_optional: bool = False
    discovery_url: str = ""
    guarded: bool = False


def _refused(description: str, error: str = "invalid request") -> Answer:
    return Answer({"error": error, "error_description": description}, 400)


def by_id_token(call: Call) -> Answer:
    """Check the token, then do what /callback does."""
    token, nonce, access_token = (
        call.text("id_token"),
        call.text("nonce"),
        call.text("access_token"),
    )
    name, issuer = call.text("provider"), call.text("issuer")
    if not token:
        return _refused("id_token required")
    if not name and not (call.text("client_id") and issuer):
        return _refused("provider or client_id and issuer required")
    target: User | None = None
    if call.flag("link_identity"):
        if not call.request.headers.get("Authorization"):
            return _refused("Linking requires a valid user access token in Authorization")
        target, _ = call.require_user()
    accepted = _accepted(call, name, issuer, token)
    endpoints = _endpoints(call, accepted)
    try:
        claims = id_token.verified(
            call.context.directory, endpoints, token, now=call.now, guarded=accepted.guarded
        )
        if access_token:
            id_token.require_access_token(token, claims, access_token)
    except ProviderFailure:
        return _refused("Bad ID token")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        return _refused("Missing sub claim in id_token")
    audiences = id_token.audiences(claims)
    if not set(audiences).intersection(accepted.client_ids):
        return _refused(f"Unacceptable audience in id_token: [{' '.join(audiences)}]")
    if not accepted.skip_nonce_check:
        expected = claims.get("nonce") or ""
        if bool(expected) != bool(nonce):
            return _refused("Passed nonce and nonce in id_token should either both exist or not.")
        digest = hashlib.sha256(nonce.encode()).hexdigest()
        if nonce and not hmac.compare_digest(digest.encode(), str(expected).encode()):
            return _refused("Nonces mismatch", "invalid nonce")
    return _sign_in(call, accepted, _profile(accepted.provider, claims), target)


def _sign_in(call: Call, accepted: Accepted, who: Profile, target: User | None) -> Answer:
    if target is None:
        arrivals.announce(call, who, accepted.provider)
    with call.transaction() as tx:
        if target is not None:
            arrival = arrivals.link(call, tx, target, who, accepted.provider)
        else:
            arrival = arrivals.sign_in(
                call, tx, who, accepted.provider, email_optional=accepted.email_optional
            )
        if arrival.refusal is None:
            user = users.find_by_id(tx, arrival.user.id) or arrival.user
            opened = sign_in.open_session(call, tx, user, METHOD, logged_as=None)
    if arrival.refusal is not None:
        raise arrival.refusal
    return Answer(opened.as_json())


def _accepted(call: Call, name: str, issuer: str, token: str) -> Accepted:
    if name.startswith(custom_providers.PREFIX):
        return _custom(call, name)
    context = call.context
    settings_of = context.config.external
    if name == "apple" or issuer in catalogue.APPLE_ISSUERS:
        name = "apple"
    elif name == "google" or issuer == catalogue.GOOGLE_ISSUER:
        name = "google"
    elif name == "azure" or is_azure_issuer(issuer):
        name = "azure"
    elif name not in settings_of:
        by_issuer = (
            known
            for known, settings in settings_of.items()
            if settings.enabled
            and issuer
            and catalogue.issuer_of(context, known, settings) == issuer
        )
        name = next(by_issuer, name)
    settings = settings_of.get(name)
    if name in _NO_ID_TOKENS or name in catalogue.NOT_SPOKEN:
        raise _not_allowed(name)
    if settings is None and name not in ("apple", "google", "azure", "keycloak"):
        raise _not_allowed(name)
    signer = catalogue.RECIPES[name].issuer if name in catalogue.RECIPES else ""
    if settings is not None:
        signer = catalogue.issuer_of(context, name, settings)
        given = context.provider_endpoints.get(name)
        if given is not None:
            signer = given.issuer
        elif name in ("apple", "azure") and not catalogue.is_stand_in(context, settings):
            signer = _detected(name, issuer, token)
    if settings is None or not settings.enabled:
        raise AuthApiError("provider_disabled", f'Provider (issuer "{signer}") is not enabled')
    return Accepted(
        name,
        signer,
        catalogue.client_ids_of(context, settings),
        settings.skip_nonce_check,
        settings.email_optional,
    )


def _detected(name: str, issuer: str, token: str) -> str:
    """Return the token's own issuer: Apple has two names, and every tenant of Azure has one."""
    word = name.capitalize()
    try:
        found = id_token.claimed_issuer(token)
    except ProviderFailure:
        raise AuthApiError(
            "validation_failed", f"Unable to detect issuer in ID token for {word} provider"
        ) from None
    if not (found in catalogue.APPLE_ISSUERS if name == "apple" else is_azure_issuer(found)):
        raise AuthApiError(
            "validation_failed", f"Detected ID token issuer is not an {word} ID token issuer"
        )
    if issuer and issuer != found:
        raise AuthApiError("validation_failed", "Provided issuer does not match ID token issuer")
    return found


def _custom(call: Call, name: str) -> Accepted:
    with call.reading() as tx:
        row = custom_providers.find(tx, name)
    if row is None:
        raise AuthApiError("validation_failed", f'Custom provider "{name}" not found')
    if not row.enabled:
        raise AuthApiError("provider_disabled", f'Custom provider "{name}" is disabled')
    if row.provider_type != "oidc" or not row.issuer:
        raise AuthApiError("validation_failed", f'Provider "{name}" is not an OIDC provider')
    return Accepted(
        name,
        row.issuer,
        (row.client_id, *row.acceptable_client_ids),
        row.skip_nonce_check,
        row.email_optional,
        row.discovery_url or "",
        guarded=True,
    )


def _endpoints(call: Call, accepted: Accepted) -> Endpoints:
    given = call.context.provider_endpoints.get(accepted.provider)
    if given is not None:
        return given
    try:
        return call.context.directory.discover(
            accepted.issuer, accepted.discovery_url, guarded=accepted.guarded
        )
    except ProviderFailure as error:
        raise AuthApiError(
            "unexpected_failure",
            "Unexpected failure, please check server logs for more information",
        ) from error


def _not_allowed(name: str) -> AuthApiError:
    return AuthApiError("validation_failed", f'Custom OIDC provider "{name}" not allowed')


def _profile(provider: str, claims: dict[str, Any]) -> Profile:
    match provider:
        case "google":
            return profile.from_google(claims)
        case "apple":
            return profile.from_apple(claims)
        case "azure":
            return profile.from_azure(claims)
        case _:
            return profile.from_claims(claims)
