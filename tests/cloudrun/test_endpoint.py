"""What a DATABASE_URL says, and the address that migrations go to."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from psycopg.conninfo import conninfo_to_dict

from hipflask.cloudrun.endpoint import DatabaseEndpoint, is_loopback, migration_url
from hipflask.cloudrun.spec import ConnectionMode
from tests.cloudrun.specs import PASSWORD, POOLER

REFERENCE = "abcdefghijklmnopqrst"
USER = f"postgres.{REFERENCE}"
POOLED = f"postgresql://{USER}:{PASSWORD}@{POOLER}:6543/postgres"
DIRECT = f"postgresql://postgres:{PASSWORD}@db.{REFERENCE}.supabase.co:5432/postgres"


@pytest.mark.parametrize(
    ("url", "mode"),
    [
        (POOLED, ConnectionMode.TRANSACTION),
        (POOLED.replace("6543", "5432"), ConnectionMode.SESSION),
        (POOLED.replace(":6543", ""), ConnectionMode.SESSION),
        (DIRECT, ConnectionMode.DIRECT),
        (DIRECT.replace("5432", "6543"), ConnectionMode.DEDICATED),
        ("postgresql://me@database.example.com/shop", None),
        (f"postgresql://me@{POOLER}.example.com:6543/shop", None),
    ],
)
def test_knows_the_modes_of_supabase(url: str, mode: ConnectionMode | None) -> None:
    endpoint = DatabaseEndpoint.parse(url)
    assert endpoint
    assert endpoint.mode is mode
    assert PASSWORD not in repr(endpoint)


@pytest.mark.parametrize(
    "url",
    [
        *("", "postgres", "mysql://a@b/c", "postgresql:///shop", "postgresql://a:p#x@b:1/c"),
        # libpq would look for the hosts ss@b and ss.
        *("postgresql://a:p@ss@b:1/c", "postgresql://a:p@ss/w#rd@b:1/c"),
        "postgresql://a:[YOUR-PASSWORD]@b:1/c",
    ],
)
def test_what_is_no_address_is_none(url: str) -> None:
    assert DatabaseEndpoint.parse(url) is None
    assert migration_url(url) == url


@pytest.mark.parametrize("password", ["hunt@er2", "hunt er2", "50%off", "[YOUR-PASSWORD]"])
def test_password_as_it_is_makes_no_address(password: str) -> None:
    """libpq would look for a host er2@…, and say so: a part of the password."""
    assert DatabaseEndpoint.parse(POOLED.replace(PASSWORD, password)) is None
    assert DatabaseEndpoint.parse(POOLED.replace(PASSWORD, quote(password, safe="")))


@pytest.mark.parametrize(
    ("url", "migrates"),
    [
        (POOLED, f"{POOLED.replace('6543', '5432')}?sslmode=require"),
        (f" {POOLED}\n", f"{POOLED.replace('6543', '5432')}?sslmode=require"),
        (POOLED.replace("6543", "5432"), f"{POOLED.replace('6543', '5432')}?sslmode=require"),
        (POOLED.replace(":6543", ""), f"{POOLED.replace(':6543', '')}?sslmode=require"),
        (DIRECT, f"{DIRECT}?sslmode=require"),
        (f"{DIRECT}?sslmode=verify-full", f"{DIRECT}?sslmode=verify-full"),
        (
            f"{POOLED}?connect_timeout=3&user=a%20b%3Dc",
            f"{POOLED.replace('6543', '5432')}?connect_timeout=3&user=a%20b%3Dc&sslmode=require",
        ),
        ("postgresql://me@db.example.com:6543/shop", "postgresql://me@db.example.com:6543/shop"),
        ("postgresql://me@127.0.0.1:54322/shop", "postgresql://me@127.0.0.1:54322/shop"),
        ("postgresql://me@[::1]:6543/shop", "postgresql://me@[::1]:6543/shop"),
    ],
)
def test_migrations_go_to_the_session_encrypted(url: str, migrates: str) -> None:
    assert migration_url(url) == migrates


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg", "postgresql+asyncpg"])
def test_address_of_another_library_is_one_for_libpq(scheme: str) -> None:
    url = POOLED.replace("postgresql", scheme)
    assert conninfo_to_dict(migration_url(url))["port"] == "5432"
    other = f"{scheme}://me:{PASSWORD}@db.example.com/shop"
    assert conninfo_to_dict(migration_url(other))["host"] == "db.example.com"


@pytest.mark.parametrize(
    ("user", "password"),
    [
        (USER, "p%40ss%3Aw%25rd%2F%3F%23"),
        ("postgres.abc%40x", "6543"),
        (USER, "%E4%B9%A6%206543"),
        (USER, ":6543"),
    ],
)
def test_user_and_password_stay_as_they_are(user: str, password: str) -> None:
    url = f"postgresql://{user}:{password}@{POOLER}:6543/post%20gres"
    before, after = (conninfo_to_dict(it) for it in (url, migration_url(url)))
    assert after == {**before, "port": "5432", "sslmode": "require"}


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "x.localhost", "127.1.2.3", "::1", "[::1]"]
)
def test_knows_the_machine_itself(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example.com", "10.0.0.1", "db", ""])
def test_knows_other_machines(host: str) -> None:
    assert not is_loopback(host)
