"""The Auth app over a real PostgreSQL: one server for all tests, empty tables for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.local.auth import AuthContext, open_pool
from hipflask.local.auth.context import Pool
from hipflask.local.config import AuthConfig
from hipflask.local.keys import ProjectKeys
from hipflask.local.postgres import Cluster, bootstrap
from hipflask.testing.clock import MovableClock
from tests.local.auth.service import ISSUER, AuthService, Outbox

MakeAuth = Callable[..., AuthService]


def frozen_clock() -> MovableClock:
    """Return a clock that stands at the same moment in every test."""
    clock = MovableClock()
    clock.freeze()
    clock.move_to(datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC))
    return clock


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    server = Cluster(tmp_path_factory.mktemp("auth") / "db", port=0, durable=False)
    server.start()
    try:
        bootstrap(server)
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def pool(cluster: Cluster) -> Iterator[Pool]:
    with open_pool(cluster.url(user="supabase_auth_admin"), max_size=12) as opened:
        yield opened


@pytest.fixture(scope="session")
def keys() -> ProjectKeys:
    return ProjectKeys.generate(issuer=ISSUER, clock=frozen_clock())


@pytest.fixture(scope="session")
def superuser(cluster: Cluster) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def empty_database(
    superuser: psycopg.Connection[tuple[Any, ...]],
) -> psycopg.Connection[tuple[Any, ...]]:
    superuser.execute(
        "truncate auth.users, auth.audit_log_entries, auth.flow_state restart identity cascade"
    )
    return superuser


@pytest.fixture
def make_auth(
    pool: Pool,
    keys: ProjectKeys,
    empty_database: psycopg.Connection[tuple[Any, ...]],
    tmp_path: Path,
) -> MakeAuth:
    """Return a maker of Auth apps: ``make_auth(email={"enable_confirmations": True})``.

    Keywords are fields of AuthConfig; a dict changes fields of that section. Fields of AuthContext
    go into ``context``.
    """
    clock, outbox = frozen_clock(), Outbox()

    def make(*, context: dict[str, Any] | None = None, **settings: Any) -> AuthService:
        config = AuthConfig(site_url="http://127.0.0.1:8080")
        for name, value in settings.items():
            if isinstance(value, dict) and not isinstance(getattr(config, name), dict):
                value = replace(getattr(config, name), **value)
            config = replace(config, **{name: value})
        parts: dict[str, Any] = {
            "config": config,
            "keys": keys,
            "pool": pool,
            "mailer": outbox,
            "clock": clock,
            "external_url": ISSUER,
            "templates_root": tmp_path,
            "bcrypt_cost": 4,
        }
        made = AuthContext(**(parts | (context or {})))
        return AuthService(made, clock, outbox, empty_database)

    return make


@pytest.fixture
def auth(make_auth: MakeAuth) -> AuthService:
    """An Auth app as config.toml's defaults make it: sign-up signs in at once."""
    return make_auth()


@pytest.fixture
def confirming_auth(make_auth: MakeAuth) -> AuthService:
    """An Auth app in which a new address must be confirmed first."""
    return make_auth(email={"enable_confirmations": True})
