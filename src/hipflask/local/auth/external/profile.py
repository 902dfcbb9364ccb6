"""What a provider says about a person, in the words that GoTrue stores (provider/provider.go)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

_TEXTS: Final = (
    "iss", "sub", "name", "family_name", "given_name", "middle_name", "nickname",
    "preferred_username", "profile", "picture", "website", "gender", "birthdate", "zoneinfo",
    "locale", "email", "phone", "full_name", "avatar_url", "slug", "provider_id", "user_name",
)  # fmt: skip
#: Claims of Azure's tokens about the token and not about the person.
_AZURE_TOKEN_CLAIMS: Final = frozenset(
    {
        "aud",
        "iss",
        "iat",
        "nbf",
        "exp",
        "c_hash",
        "at_hash",
        "aio",
        "nonce",
        "rh",
        "uti",
        "jti",
        "ver",
        "sub",
        "name",
        "preferred_username",
    }
)


@dataclass(frozen=True, slots=True)
class ProviderEmail:
    """An address of the person, and whether the provider has seen that it is theirs."""

    address: str
    verified: bool = False
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """Who came back from the provider. ``claims`` become the identity's data."""

    claims: dict[str, Any]
    emails: tuple[ProviderEmail, ...] = field(default=())

    @property
    def subject(self) -> str:
        """The provider's own id of the person."""
        return str(self.claims.get("sub", ""))

    @property
    def email_verified(self) -> bool:
        """Whether the address in ``identity_data`` is verified."""
        return bool(self.identity_data["email_verified"])

    @property
    def identity_data(self) -> dict[str, Any]:
        """The claims with the primary address, else with the last one."""
        chosen = next((one for one in self.emails if one.primary), None)
        if chosen is None and self.emails:
            chosen = self.emails[-1]
        data = {**self.claims, "email_verified": False}
        if chosen is not None:
            data |= {"email": chosen.address, "email_verified": chosen.verified}
        return data


def from_claims(raw: Mapping[str, Any]) -> Profile:
    """Read the standard claims of OpenID Connect; others are left out."""
    claims = known_claims(raw)
    return Profile(claims, _one_email(claims.get("email"), claims["email_verified"]))


def known_claims(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what GoTrue keeps, where it has the right type."""
    claims: dict[str, Any] = {
        name: raw[name] for name in _TEXTS if isinstance(raw.get(name), str) and raw[name]
    }
    if isinstance(raw.get("sub"), int) and not isinstance(raw["sub"], bool):
        claims["sub"] = str(raw["sub"])
    audience = raw.get("aud")
    if isinstance(audience, str | list) and audience:
        claims["aud"] = [audience] if isinstance(audience, str) else audience
    for name in ("iat", "exp"):
        if isinstance(raw.get(name), int | float) and raw[name]:
            claims[name] = raw[name]
    if isinstance(raw.get("custom_claims"), dict) and raw["custom_claims"]:
        claims["custom_claims"] = raw["custom_claims"]
    claims["email_verified"] = raw.get("email_verified") is True
    claims["phone_verified"] = raw.get("phone_verified") is True
    return claims


def from_google(raw: Mapping[str, Any]) -> Profile:
    """Read Google's ID token, or its answer about a user."""
    verified = raw.get("email_verified") is True or raw.get("verified_email") is True
    subject = raw.get("sub") or raw.get("id")
    claims = {
        "iss": raw.get("iss"),
        "sub": subject,
        "name": raw.get("name"),
        "picture": raw.get("picture"),
        "avatar_url": raw.get("picture"),
        "full_name": raw.get("name"),
        "provider_id": subject,
    }
    if raw.get("hd"):
        claims["custom_claims"] = {"hd": raw["hd"]}
    return Profile(known_claims(claims), _one_email(raw.get("email"), verified))


def from_apple(raw: Mapping[str, Any]) -> Profile:
    """Read Apple's ID token; Apple verifies every address."""
    custom = {
        name: raw[name]
        for name in ("is_private_email", "auth_time", "transfer_sub")
        if raw.get(name)
    }
    if isinstance(custom.get("is_private_email"), str):
        custom["is_private_email"] = custom["is_private_email"] == "true"
    claims = {
        "iss": raw.get("iss"),
        "sub": raw.get("sub"),
        "provider_id": raw.get("sub"),
        "custom_claims": custom,
    }
    return Profile(known_claims(claims), _one_email(raw.get("email"), True))


def from_azure(raw: Mapping[str, Any]) -> Profile:
    """Read Azure's ID token; ``xms_edov`` says whether the owner of the domain is verified."""
    edov = raw.get("xms_edov")
    claims = {
        "iss": raw.get("iss"),
        "sub": raw.get("sub"),
        "provider_id": raw.get("sub"),
        "preferred_username": raw.get("preferred_username"),
        "full_name": raw.get("name"),
        "custom_claims": {k: v for k, v in raw.items() if k not in _AZURE_TOKEN_CLAIMS},
    }
    verified = edov is None or edov is True or edov in ("1", "true")
    return Profile(known_claims(claims), _one_email(raw.get("email"), verified))


def from_linkedin(raw: Mapping[str, Any]) -> Profile:
    """Read LinkedIn's ID token, where ``email_verified`` may be text."""
    given, family = raw.get("given_name") or "", raw.get("family_name") or ""
    claims = {name: raw.get(name) for name in ("iss", "sub", "locale", "picture")} | {
        "name": f"{given} {family}".strip(),
        "given_name": given,
        "family_name": family,
        "provider_id": raw.get("sub"),
    }
    verified = str(raw.get("email_verified")).lower() == "true"
    return Profile(known_claims(claims), _one_email(raw.get("email"), verified))


def from_github(
    raw: Mapping[str, Any], emails: tuple[ProviderEmail, ...], *, issuer: str
) -> Profile:
    """Read GitHub's answer about a user; the addresses come from a call of their own."""
    number = str(raw.get("id") or "")
    claims = {
        "iss": issuer,
        "sub": number,
        "name": raw.get("name"),
        "preferred_username": raw.get("login"),
        "avatar_url": raw.get("avatar_url"),
        "full_name": raw.get("name"),
        "provider_id": number,
        "user_name": raw.get("login"),
    }
    return Profile(known_claims(claims), emails)


def github_from_claims(raw: Mapping[str, Any]) -> Profile:
    """Give the claims of a stand-in for GitHub the shape of GitHub's own answer."""
    user = {
        "id": raw.get("sub"),
        "name": raw.get("name"),
        "login": raw.get("preferred_username"),
        "avatar_url": raw.get("picture"),
    }
    emails = _one_email(raw.get("email"), raw.get("email_verified") is True)
    return from_github(user, emails, issuer=str(raw.get("iss", "")))


def from_gitlab(
    raw: Mapping[str, Any], emails: tuple[ProviderEmail, ...], *, issuer: str
) -> Profile:
    """Read GitLab's answer about a user; additional addresses carry no proof."""
    number = str(raw.get("id") or "")
    claims = {
        "iss": issuer,
        "sub": number,
        "name": raw.get("name"),
        "picture": raw.get("avatar_url"),
        "avatar_url": raw.get("avatar_url"),
        "full_name": raw.get("name"),
        "provider_id": number,
    }
    own = _one_email(raw.get("email"), bool(raw.get("confirmed_at")))
    return Profile(known_claims(claims), (*emails, *own))


def from_keycloak(raw: Mapping[str, Any], *, issuer: str) -> Profile:
    """Read Keycloak's userinfo; what is not standard is kept as a custom claim."""
    standard = ("name", "sub", "email", "email_verified")
    claims = {
        "iss": issuer,
        "sub": raw.get("sub"),
        "name": raw.get("name"),
        "full_name": raw.get("name"),
        "provider_id": raw.get("sub"),
        "custom_claims": {name: value for name, value in raw.items() if name not in standard},
    }
    verified = raw.get("email_verified") is True
    return Profile(known_claims(claims), _one_email(raw.get("email"), verified))


def from_slack(raw: Mapping[str, Any], *, issuer: str) -> Profile:
    """Read the userinfo of Sign in with Slack."""
    subject = raw.get("https://slack.com/user_id")
    claims = {
        "iss": issuer,
        "sub": subject,
        "name": raw.get("name"),
        "picture": raw.get("picture"),
        "avatar_url": raw.get("picture"),
        "full_name": raw.get("name"),
        "provider_id": subject,
        "custom_claims": {"https://slack.com/team_id": raw.get("https://slack.com/team_id")},
    }
    verified = raw.get("email_verified") is True
    return Profile(known_claims(claims), _one_email(raw.get("email"), verified))


def _one_email(address: Any, verified: bool) -> tuple[ProviderEmail, ...]:
    if not isinstance(address, str) or not address:
        return ()
    return (ProviderEmail(address, verified, primary=True),)
