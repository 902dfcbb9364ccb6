"""The app's settings: read once from the environment, typed, and refused when they are unsafe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from urllib.parse import unquote

from hipflask.protocol import api_keys

from .environment import Environment, is_loopback, masked, split_url, weakness

VARIABLES: Final = (
    "SUPABASE_URL",
    "SUPABASE_PUBLISHABLE_KEY",
    "SUPABASE_ANON_KEY",
    "SUPABASE_SECRET_KEY",
    "SUPABASE_SERVICE_ROLE_KEY",
    "SUPABASE_JWT_SECRET",
    "SUPABASE_JWT_ISSUER",
    "DATABASE_URL",
    "DATABASE_POOL_SIZE",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "SITE_URL",
    "AUTH_EMAIL_FLOW",
    "SESSION_DAYS",
    "SMTP_HOST",
    "SMTP_PORT",
    "SMTP_USER",
    "SMTP_PASSWORD",
    "MAIL_FROM",
)
"""Every environment variable that ``Settings.from_env`` reads."""

_ASK_STATUS: Final = "`hipflask status -o env` prints it; for a hosted project see Settings, "


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The server through which the app itself sends mail."""

    host: str
    port: int = 587
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """What the app needs to know about the outside; only the values differ in the cloud.

    ``secret_key`` seals sessions, proofs and CSRF tokens. To rotate it, move the old value to
    ``secret_key_fallbacks``: what it sealed can still be opened, nothing new is sealed with it.
    """

    supabase_url: str
    publishable_key: str
    database_url: str
    secret_key: str
    site_url: str
    service_key: str | None = None
    secret_key_fallbacks: tuple[str, ...] = ()
    jwt_secret: str | None = None
    jwt_issuer: str = ""
    database_pool_size: int = 4
    auth_email_flow: str = "implicit"
    session_days: int = 30
    smtp: SmtpSettings | None = None
    mail_from: str = ""

    def __post_init__(self) -> None:
        if not self.jwt_issuer:
            object.__setattr__(self, "jwt_issuer", f"{self.supabase_url}/auth/v1")

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read the settings; raise one ConfigError that names every variable that is wrong."""
        env = Environment(environ)
        settings = cls(
            supabase_url=env.origin(
                "SUPABASE_URL",
                example="https://abcdefghijklmnop.supabase.co",
                advice=_ASK_STATUS + "Data API.",
            ),
            publishable_key=_publishable_key(env),
            service_key=_service_key(env),
            database_url=_database_url(env),
            database_pool_size=env.number("DATABASE_POOL_SIZE", 4, least=1, most=100),
            secret_key=_secret_key(env),
            secret_key_fallbacks=tuple(
                env.get("SECRET_KEY_FALLBACKS")[1].replace(",", " ").split()
            ),
            site_url=env.origin(
                "SITE_URL",
                example="https://www.example.com",
                advice="Set it to the address that people type to reach the app.",
            ),
            jwt_secret=env.get("SUPABASE_JWT_SECRET")[1] or None,
            jwt_issuer=env.get("SUPABASE_JWT_ISSUER")[1].rstrip("/"),
            auth_email_flow=env.choice("AUTH_EMAIL_FLOW", "implicit", "pkce"),
            session_days=env.number("SESSION_DAYS", 30, least=1, most=400),
            smtp=_smtp(env),
            mail_from=env.get("MAIL_FROM")[1],
        )
        if not settings.is_local:
            _refuse_unsafe(env, settings)
        env.check()
        return settings

    @property
    def is_local(self) -> bool:
        """Whether both the app and its Supabase are on this machine."""
        return is_loopback(self.site_url) and is_loopback(self.supabase_url)

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The key that seals, then those that may still open."""
        return (self.secret_key, *self.secret_key_fallbacks)

    @property
    def session_lifetime(self) -> timedelta:
        """How long a session lives after sign-in."""
        return timedelta(days=self.session_days)

    @property
    def auth_url(self) -> str:
        """The base address of Supabase Auth."""
        return f"{self.supabase_url}/auth/v1"

    @property
    def storage_url(self) -> str:
        """The base address of Supabase Storage."""
        return f"{self.supabase_url}/storage/v1"

    def __repr__(self) -> str:
        url = split_url(self.database_url)
        database = f"{url.hostname}:{url.port or 5432}{url.path}" if url else "?"
        return (
            f"Settings(supabase_url={self.supabase_url!r}, site_url={self.site_url!r},"
            f" database={database!r}, publishable_key={masked(self.publishable_key)!r},"
            f" service_key={masked(self.service_key or '')!r},"
            f" secret_key={masked(self.secret_key)!r},"
            f" secret_key_fallbacks={len(self.secret_key_fallbacks)},"
            f" database_pool_size={self.database_pool_size},"
            f" auth_email_flow={self.auth_email_flow!r}, session_days={self.session_days},"
            f" smtp={self.smtp!r}, mail_from={self.mail_from!r})"
        )


def _publishable_key(env: Environment) -> str:
    names = ("SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY")
    expected = "the publishable key (sb_publishable_…) or the legacy anon key"
    advice = _ASK_STATUS + "API keys."
    env.required(*names, expected=expected, advice=advice)
    return env.key(
        *names,
        accept=lambda kind: kind in (api_keys.KeyKind.PUBLISHABLE, api_keys.KeyKind.ANON),
        expected=expected,
        advice=advice,
    )


def _service_key(env: Environment) -> str | None:
    value = env.key(
        "SUPABASE_SECRET_KEY",
        "SUPABASE_SERVICE_ROLE_KEY",
        accept=lambda kind: kind.is_privileged,
        expected="the secret key (sb_secret_…) or the legacy service_role key",
        advice=_ASK_STATUS + "API keys. Leave it out when the app needs no admin calls.",
    )
    return value or None


def _secret_key(env: Environment) -> str:
    _, value = env.required(
        "SECRET_KEY",
        expected="at least 32 random characters",
        advice=_MAKE_A_KEY,
    )
    return value


_MAKE_A_KEY: Final = "Make one with: python -c 'import secrets; print(secrets.token_urlsafe(48))'"


def _database_url(env: Environment) -> str:
    expected = "postgresql://user:password@host:port/database"
    advice = "`hipflask status -o env` prints it; for a hosted project press Connect."
    name, value = env.required("DATABASE_URL", expected=expected, advice=advice)
    if not value:
        return ""
    url = split_url(value)
    if "[YOUR-PASSWORD]" in unquote(value):
        env.refuse(
            name, "a template with [YOUR-PASSWORD]", expected, "Put the database's password there."
        )
    elif url is None or url.scheme not in ("postgres", "postgresql"):
        # The value is not shown: a malformed one may still hold the password.
        env.refuse(name, masked(value), expected, advice)
    return value


def _smtp(env: Environment) -> SmtpSettings | None:
    _, host = env.get("SMTP_HOST")
    if not host:
        return None
    _, user = env.get("SMTP_USER")
    _, password = env.get("SMTP_PASSWORD")
    if user and not password:
        env.refuse("SMTP_PASSWORD", "missing", "the password of SMTP_USER", "Set both or neither.")
    return SmtpSettings(host, env.number("SMTP_PORT", 587, least=1, most=65535), user, password)


def _refuse_unsafe(env: Environment, settings: Settings) -> None:
    """Note secrets that anybody could guess; on loopback they are allowed."""
    outside = "outside loopback"
    secrets = [("SECRET_KEY", settings.secret_key)]
    secrets += [("SECRET_KEY_FALLBACKS", value) for value in settings.secret_key_fallbacks]
    for name, value in secrets:
        why = weakness(value) if value else None
        if why:
            expected = f"at least 32 random characters {outside}"
            env.refuse(name, f"{masked(value)}, {why}", expected, _MAKE_A_KEY)
    if settings.jwt_secret and settings.jwt_secret in api_keys.DEMO_JWT_SECRETS:
        env.refuse(
            "SUPABASE_JWT_SECRET",
            "the demo secret that Supabase publishes",
            f"the project's own JWT secret {outside}",
            "Everybody can sign in as anybody with it; rotate it in the project's settings.",
        )
    keys = {
        "SUPABASE_PUBLISHABLE_KEY or SUPABASE_ANON_KEY": settings.publishable_key,
        "SUPABASE_SECRET_KEY or SUPABASE_SERVICE_ROLE_KEY": settings.service_key or "",
    }
    for name, value in keys.items():
        if api_keys.is_demo_key(value):
            env.refuse(
                name,
                "a demo key that Supabase publishes",
                f"the project's own key {outside}",
                _ASK_STATUS + "API keys.",
            )
