"""How the profile of each kind of provider is read (GoTrue, internal/api/provider)."""

from __future__ import annotations

import dataclasses
import re
from typing import Final

from hipflask.local.auth.external import id_token, profile
from hipflask.local.auth.external.outbound import ProviderFailure
from hipflask.local.auth.external.profile import Profile, ProviderEmail
from hipflask.local.auth.external.provider import Visit

_GOOGLE_USERINFO: Final = "https://www.googleapis.com/userinfo/v2/me"
_AZURE_ISSUER: Final = re.compile(r"https://login\.microsoftonline\.com/[^/]+/v2\.0/?")
_CIAM_ISSUER: Final = re.compile(r"https://[a-z0-9-]+\.ciamlogin\.com/[^/]+/v2\.0/?")
_SHARED_TENANTS: Final = ("/common/v2.0", "/organizations/v2.0", "/consumers/v2.0")


def openid(visit: Visit) -> Profile:
    """Read the ID token, or ask userinfo where there is none."""
    if visit.tokens.id_token:
        return profile.from_claims(visit.id_claims())
    return profile.from_claims(userinfo(visit))


def userinfo(visit: Visit) -> dict[str, object]:
    """Ask the endpoint that the provider published."""
    if not visit.provider.endpoints.userinfo:
        raise ProviderFailure("no ID token or userinfo endpoint available")
    return visit.get_object(visit.provider.endpoints.userinfo)


def google(visit: Visit) -> Profile:
    """Read Google's ID token, or ask about the user."""
    if visit.tokens.id_token:
        return profile.from_google(visit.id_claims())
    raw = visit.get_object(visit.provider.endpoints.userinfo or _GOOGLE_USERINFO)
    return profile.from_google({"iss": visit.provider.endpoints.issuer, **raw})


def github(visit: Visit) -> Profile:
    """Ask GitHub about the user and, in a second call, about their addresses."""
    api = visit.provider.endpoints.userinfo
    user, addresses = visit.get_object(f"{api}/user"), visit.get(f"{api}/user/emails")
    return profile.from_github(user, _emails(addresses), issuer=api)


def github_stand_in(visit: Visit) -> Profile:
    """Read the ID token of a stand-in for GitHub, which is no OpenID provider itself."""
    return profile.github_from_claims(visit.id_claims())


def gitlab(visit: Visit) -> Profile:
    """Ask GitLab about the user and their addresses."""
    host = visit.provider.endpoints.issuer
    user = visit.get_object(f"{host}/api/v4/user")
    others = [
        ProviderEmail(one.address) for one in _emails(visit.get(f"{host}/api/v4/user/emails"))
    ]
    return profile.from_gitlab(user, tuple(others), issuer=host)


def keycloak(visit: Visit) -> Profile:
    """Ask Keycloak's userinfo."""
    return profile.from_keycloak(userinfo(visit), issuer=visit.provider.endpoints.issuer)


def slack(visit: Visit) -> Profile:
    """Ask Slack's userinfo."""
    return profile.from_slack(userinfo(visit), issuer=visit.provider.endpoints.issuer)


def apple(visit: Visit) -> Profile:
    """Read Apple's ID token."""
    return profile.from_apple(visit.id_claims())


def linkedin(visit: Visit) -> Profile:
    """Read LinkedIn's ID token."""
    return profile.from_linkedin(visit.id_claims())


def azure(visit: Visit) -> Profile:
    """Read Azure's ID token, whose issuer names the tenant that the person belongs to."""
    if not visit.tokens.id_token:
        raise ProviderFailure("azure: no OIDC ID token present in response")
    issuer = id_token.claimed_issuer(visit.tokens.id_token)
    expected = visit.provider.endpoints.issuer
    pinned = is_azure_issuer(expected) and not expected.endswith(_SHARED_TENANTS)
    if not is_azure_issuer(issuer) or (pinned and issuer != expected):
        raise ProviderFailure(f"azure: ID token issuer not valid {issuer!r}")
    found = visit.directory.discover(issuer)
    return profile.from_azure(
        visit.id_claims(
            dataclasses.replace(visit.provider.endpoints, issuer=issuer, jwks=found.jwks)
        )
    )


def is_azure_issuer(issuer: str) -> bool:
    """Whether this names a tenant of Microsoft's."""
    return bool(_AZURE_ISSUER.fullmatch(issuer) or _CIAM_ISSUER.fullmatch(issuer))


def _emails(answer: object) -> tuple[ProviderEmail, ...]:
    rows = [row for row in answer if isinstance(row, dict)] if isinstance(answer, list) else []
    return tuple(
        ProviderEmail(row["email"], row.get("verified") is True, row.get("primary") is True)
        for row in rows
        if isinstance(row.get("email"), str) and row["email"]
    )
