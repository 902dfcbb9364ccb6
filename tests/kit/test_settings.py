"""Settings are read once, typed, and refused when they are unsafe."""

from __future__ import annotations

import secrets

import jwt
import pytest

from hipflask.errors import ConfigError
from hipflask.kit.settings import VARIABLES, Settings
from hipflask.protocol import api_keys

STRONG = "oY3kq9Zs1vWm7TtXcB2hLr5NfGdJ0pQa8UeI6RxV4Kw"
PUBLISHABLE = api_keys.new_key(api_keys.PUBLISHABLE_PREFIX, "abcd", bytes(range(16)))
SECRET = api_keys.new_key(api_keys.SECRET_PREFIX, "abcd", bytes(range(16)))

HOSTED = {
    "SUPABASE_URL": "https://abcdefgh.supabase.co",
    "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE,
    "SUPABASE_SECRET_KEY": SECRET,
    "DATABASE_URL": "postgresql://postgres.abcdefgh:s3cr3t-pw@eu.pooler.supabase.com:6543/postgres",
    "SECRET_KEY": STRONG,
    "SITE_URL": "https://www.example.com",
}
LOCAL = HOSTED | {
    "SUPABASE_URL": "http://127.0.0.1:54321",
    "DATABASE_URL": "postgresql://postgres:postgres@127.0.0.1:54322/postgres",
    "SITE_URL": "http://localhost:8080",
    "SECRET_KEY": "dev",
}


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        Settings.from_env(environ)
    return caught.value.message


def test_reads_hosted_environment() -> None:
    settings = Settings.from_env(HOSTED | {"SITE_URL": "https://www.example.com/"})
    assert settings.site_url == "https://www.example.com"
    assert settings.auth_url == "https://abcdefgh.supabase.co/auth/v1"
    assert settings.jwt_issuer == settings.auth_url
    assert settings.service_key == SECRET
    assert not settings.is_local
    assert settings.smtp is None


def test_reads_every_option() -> None:
    settings = Settings.from_env(
        HOSTED
        | {
            "SECRET_KEY_FALLBACKS": f"{STRONG}A, {STRONG}B",
            "DATABASE_POOL_SIZE": "2",
            "SESSION_DAYS": "7",
            "AUTH_EMAIL_FLOW": "PKCE",
            "SMTP_HOST": "smtp.gmail.com",
            "SMTP_USER": "me@example.com",
            "SMTP_PASSWORD": "app password",
            "MAIL_FROM": "Notes <me@example.com>",
            "SUPABASE_JWT_ISSUER": "https://auth.example.com/auth/v1/",
        }
    )
    assert settings.secret_keys == (STRONG, STRONG + "A", STRONG + "B")
    assert settings.database_pool_size == 2
    assert settings.session_lifetime.days == 7
    assert settings.auth_email_flow == "pkce"
    assert settings.smtp is not None
    assert settings.smtp.port == 587
    assert settings.jwt_issuer == "https://auth.example.com/auth/v1"


def test_legacy_names_are_accepted() -> None:
    environ = dict(HOSTED)
    environ["SUPABASE_ANON_KEY"] = legacy_key("anon")
    environ["SUPABASE_SERVICE_ROLE_KEY"] = legacy_key("service_role")
    del environ["SUPABASE_PUBLISHABLE_KEY"], environ["SUPABASE_SECRET_KEY"]
    settings = Settings.from_env(environ)
    assert settings.publishable_key == environ["SUPABASE_ANON_KEY"]
    assert settings.service_key == environ["SUPABASE_SERVICE_ROLE_KEY"]


def legacy_key(role: str, secret: str = STRONG) -> str:
    return jwt.encode({"iss": "supabase", "role": role, "exp": 2**31}, secret, "HS256")


def test_blanks_around_values_go() -> None:
    assert Settings.from_env(HOSTED | {"SECRET_KEY": f"{STRONG}\n"}).secret_key == STRONG


def test_every_problem_in_one_error() -> None:
    message = refused({})
    for name in ("SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY", "DATABASE_URL", "SECRET_KEY"):
        assert f"{name} " in message
    assert "SITE_URL is missing" in message
    assert message.startswith("5 settings cannot be used")


def test_weak_secrets_are_fine_on_loopback() -> None:
    settings = Settings.from_env(
        LOCAL | {"SUPABASE_JWT_SECRET": next(iter(api_keys.DEMO_JWT_SECRETS))}
    )
    assert settings.is_local


@pytest.mark.parametrize(
    ("weak", "why"),
    [
        ("sh0rt", "too short"),
        ("change-me-to-something-long-and-random-please", "placeholder"),
        ("a-SECRET-KEY-that-nobody-could-ever-guess-1234", "placeholder"),
        ("my.password.is.very.long.but.not.very.clever.19", "placeholder"),
        ("0123456789" * 5, "too regular"),
        ("0123456789abcdef" * 2, "too regular"),
        ("aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd", "too regular"),
        ("super-secret-jwt-token-with-at-least-32-characters-long", "publishes"),
    ],
)
def test_refuses_weak_secret_outside_loopback(weak: str, why: str) -> None:
    for environ in (
        HOSTED | {"SECRET_KEY": weak},
        HOSTED | {"SECRET_KEY_FALLBACKS": weak},
        # One foot outside is outside.
        HOSTED | {"SECRET_KEY": weak, "SITE_URL": "http://127.0.0.1:8080"},
        HOSTED | {"SECRET_KEY": weak, "SUPABASE_URL": "http://127.0.0.1:54321"},
    ):
        message = refused(environ)
        assert why in message
        assert "SECRET_KEY" in message
        assert weak not in message


def test_random_secrets_are_never_refused() -> None:
    for _ in range(500):
        Settings.from_env(HOSTED | {"SECRET_KEY": secrets.token_urlsafe(48)})
        Settings.from_env(HOSTED | {"SECRET_KEY": secrets.token_hex(32)})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SUPABASE_PUBLISHABLE_KEY", "sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH"),
        ("SUPABASE_SECRET_KEY", "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz"),
        (
            "SUPABASE_PUBLISHABLE_KEY",
            legacy_key("anon", "super-secret-jwt-token-with-at-least-32-characters-long"),
        ),
        ("SUPABASE_JWT_SECRET", "super-secret-jwt-token-with-at-least-32-characters-long"),
    ],
)
def test_refuses_demo_keys_outside_loopback(name: str, value: str) -> None:
    message = refused(HOSTED | {name: value})
    assert name in message
    assert "publishes" in message
    assert value not in message


def test_refuses_secret_key_where_publishable_belongs() -> None:
    message = refused(HOSTED | {"SUPABASE_PUBLISHABLE_KEY": SECRET})
    assert "which is a secret key" in message
    assert SECRET not in message


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("SUPABASE_URL", "https://x.supabase.co/auth/v1", "without a path"),
        ("SUPABASE_URL", "abcdefgh", "an origin such as"),
        ("SUPABASE_URL", "http://x.supabase.co", "https outside this machine"),
        ("SITE_URL", "http://www.example.com", "https outside this machine"),
        ("SITE_URL", "https://example.com:notaport", "an origin such as"),
        ("DATABASE_URL", "mysql://x:hunter2@y/z", "postgresql://"),
        ("DATABASE_URL", "postgresql://postgres:[YOUR-PASSWORD]@h/d", "[YOUR-PASSWORD]"),
        ("DATABASE_URL", "postgresql://postgres:[YOUR-PASSWORD]@h:5432/d", "[YOUR-PASSWORD]"),
        ("DATABASE_POOL_SIZE", "0", "from 1 to 100"),
        ("DATABASE_POOL_SIZE", "four", "from 1 to 100"),
        ("SESSION_DAYS", "1.5", "from 1 to 400"),
        ("AUTH_EMAIL_FLOW", "magic", "'implicit' or 'pkce'"),
    ],
)
def test_malformed_values_are_named(name: str, value: str, expected: str) -> None:
    message = refused(HOSTED | {name: value})
    assert name in message
    assert expected in message
    assert "hunter2" not in message


def test_smtp_user_needs_password() -> None:
    assert "SMTP_PASSWORD" in refused(HOSTED | {"SMTP_HOST": "h", "SMTP_USER": "u"})


def test_repr_masks_secrets() -> None:
    shown = repr(
        Settings.from_env(
            HOSTED
            | {"SECRET_KEY_FALLBACKS": STRONG + "Z", "SUPABASE_JWT_SECRET": STRONG + "J"}
            | {"SMTP_HOST": "h", "SMTP_USER": "u", "SMTP_PASSWORD": "hunter2"}
        )
    )
    for secret in (STRONG, SECRET, PUBLISHABLE, "s3cr3t-pw", "hunter2"):
        assert secret not in shown
    assert "abcdefgh.supabase.co" in shown


def test_variables_lists_what_is_read() -> None:
    asked: set[str] = set()

    class Watching(dict[str, str]):
        def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
            asked.add(name)
            return super().get(name, default)

    watching = Watching(HOSTED | {"SMTP_HOST": "h"})
    del watching["SUPABASE_PUBLISHABLE_KEY"], watching["SUPABASE_SECRET_KEY"]
    with pytest.raises(ConfigError):
        Settings.from_env(watching)
    assert asked == set(VARIABLES)
