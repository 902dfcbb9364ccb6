"""What the services that people sign in with call themselves."""

from __future__ import annotations

from hipflask import gettext as _

from ..extensions import hip

_NAMES = {
    "bitbucket": "Bitbucket",
    "github": "GitHub",
    "gitlab": "GitLab",
    "keycloak": "Keycloak",
    "linkedin_oidc": "LinkedIn",
    "slack_oidc": "Slack",
    "workos": "WorkOS",
}


def oauth_providers() -> tuple[str, ...]:
    """Return the names of the providers that this project signs people in with."""
    return hip.auth.oauth.providers()


def provider_name(provider: str) -> str:
    """Return the name of one of Supabase Auth's providers, as people know it."""
    if provider == "email":
        return _("E-mail")
    if provider == "phone":
        return _("Phone")
    return _NAMES.get(provider) or provider.removeprefix("custom:").capitalize()
