"""The providers that config.toml can switch on, and where each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hipflask.local.auth.external import readers
from hipflask.local.auth.external.endpoints import Endpoints
from hipflask.local.auth.external.outbound import ProviderFailure
from hipflask.local.auth.external.provider import ProfileReader, Provider

if TYPE_CHECKING:
    from hipflask.local.auth.context import AuthContext
    from hipflask.local.config.auth import ExternalConfig

GOOGLE_ISSUER: Final = "https://accounts.google.com"
APPLE_ISSUERS: Final = ("https://appleid.apple.com", "https://account.apple.com")
#: What a stand-in provider knows this project as. It guards nothing, so that everybody may know it.
STAND_IN_CLIENT: Final = "hipflask-dev"
STAND_IN_SECRET: Final = "hipflask-dev-secret"

#: GoTrue's providers with an interface of their own, which is not spoken here.
NOT_SPOKEN: Final = frozenset(
    {
        "bitbucket",
        "discord",
        "facebook",
        "figma",
        "fly",
        "kakao",
        "linkedin",
        "notion",
        "slack",
        "snapchat",
        "spotify",
        "twitch",
        "twitter",
        "vercel_marketplace",
        "workos",
        "x",
        "zoom",
    }
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to make a provider of this name. Paths follow ``host``; without them it is discovered."""

    scopes: tuple[str, ...]
    read_profile: ProfileReader
    host: str = ""
    issuer: str = ""
    authorize: str = ""
    token: str = ""
    userinfo: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


RECIPES: Final[Mapping[str, Recipe]] = {
    "google": Recipe(("email", "profile"), readers.google, issuer=GOOGLE_ISSUER),
    "apple": Recipe(
        ("email", "name"),
        readers.apple,
        issuer=APPLE_ISSUERS[0],
        parameters={"response_mode": "form_post"},
    ),
    "github": Recipe(
        ("user:email",),
        readers.github,
        host="https://github.com",
        authorize="/login/oauth/authorize",
        token="/login/oauth/access_token",
    ),
    "gitlab": Recipe(
        ("read_user",),
        readers.gitlab,
        host="https://gitlab.com",
        authorize="/oauth/authorize",
        token="/oauth/token",
    ),
    "azure": Recipe(
        ("openid",),
        readers.azure,
        host="https://login.microsoftonline.com/common",
        authorize="/oauth2/v2.0/authorize",
        token="/oauth2/v2.0/token",
    ),
    "keycloak": Recipe(
        ("profile", "email"),
        readers.keycloak,
        authorize="/protocol/openid-connect/auth",
        token="/protocol/openid-connect/token",
        userinfo="/protocol/openid-connect/userinfo",
    ),
    "linkedin_oidc": Recipe(
        ("openid", "email", "profile"), readers.linkedin, issuer="https://www.linkedin.com/oauth"
    ),
    "slack_oidc": Recipe(
        ("profile", "email", "openid"),
        readers.slack,
        host="https://slack.com",
        authorize="/openid/connect/authorize",
        token="/api/openid.connect.token",
        userinfo="/api/openid.connect.userInfo",
    ),
}
_OPENID: Final = Recipe(("openid", "email", "profile"), readers.openid)


def is_stand_in(context: AuthContext, settings: ExternalConfig) -> bool:
    """Whether the stand-in takes the provider's place: it is on, and nobody has a client id yet."""
    client_id = settings.client_id.strip()
    return bool(context.stand_in_issuer) and (not client_id or client_id.startswith("env("))


def issuer_of(context: AuthContext, name: str, settings: ExternalConfig) -> str:
    """Return who signs the ID tokens of this provider, or ""."""
    if is_stand_in(context, settings):
        return f"{context.stand_in_issuer.rstrip('/')}/{name}"
    recipe = RECIPES.get(name, _OPENID)
    return recipe.issuer or settings.url.rstrip("/")


def client_ids_of(context: AuthContext, settings: ExternalConfig) -> tuple[str, ...]:
    """Return the ids that tokens may be made for; config.toml separates them by commas."""
    if is_stand_in(context, settings):
        return (STAND_IN_CLIENT,)
    return tuple(one.strip() for one in settings.client_id.split(",") if one.strip())


def make(context: AuthContext, name: str, scopes: str) -> Provider:
    """Return the provider of config.toml, or raise ProviderFailure with GoTrue's reason."""
    settings = context.config.external.get(name)
    known = name in RECIPES or name in NOT_SPOKEN
    if settings is None and not known:
        raise ProviderFailure(f"Provider {name} could not be found")
    if settings is None or not settings.enabled:
        raise ProviderFailure("provider is not enabled")
    stand_in = is_stand_in(context, settings)
    if not stand_in and name in NOT_SPOKEN and not settings.url:
        raise ProviderFailure(f"Provider {name} could not be found")
    client_ids = client_ids_of(context, settings)
    if not client_ids:
        raise ProviderFailure("missing OAuth client ID")
    secret = STAND_IN_SECRET if stand_in else settings.secret
    if not secret:
        raise ProviderFailure("missing OAuth secret")
    recipe = RECIPES.get(name, _OPENID)
    base = recipe.scopes
    if stand_in and "openid" not in base:
        base = ("openid", *(scope for scope in _OPENID.scopes if scope != "openid"))
    return Provider(
        name=name,
        client_ids=client_ids,
        secret=secret,
        endpoints=_endpoints(context, name, settings, recipe),
        redirect_uri=settings.redirect_uri or f"{context.external_url}/callback",
        scopes=(*base, *(scope for scope in scopes.split(",") if scope)),
        read_profile=_STAND_INS.get(name, readers.openid) if stand_in else recipe.read_profile,
        parameters={} if stand_in else recipe.parameters,
        email_optional=settings.email_optional,
    )


#: Name -> how the ID token of its stand-in is read, so that an app sees the fields of the real one.
_STAND_INS: Final[Mapping[str, ProfileReader]] = {
    "google": readers.google,
    "github": readers.github_stand_in,
}


def _endpoints(
    context: AuthContext, name: str, settings: ExternalConfig, recipe: Recipe
) -> Endpoints:
    given = context.provider_endpoints.get(name)
    if given is not None:
        return given
    if is_stand_in(context, settings) or not recipe.authorize:
        issuer = issuer_of(context, name, settings)
        if not issuer:
            raise ProviderFailure(f"unable to find URL for the {name} provider")
        return context.directory.discover(issuer)
    host = (settings.url or recipe.host).rstrip("/")
    if not host:
        raise ProviderFailure(f"unable to find URL for the {name.capitalize()} provider")
    userinfo, issuer = host + recipe.userinfo, host
    if name == "github":  # GitHub Enterprise Server has its API below its own host
        userinfo = f"{host}/api/v3" if settings.url else "https://api.github.com"
    elif name == "azure":
        issuer = f"{host}/v2.0"
    elif name == "slack_oidc":
        issuer = f"{host}/api"
    return Endpoints(issuer, host + recipe.authorize, host + recipe.token, userinfo)
