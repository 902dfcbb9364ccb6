"""The arithmetic against Supabase's limits, and what an address says about itself."""

from __future__ import annotations

import pytest

from hipflask.cloudrun.connections import connections_of
from hipflask.cloudrun.endpoint import DatabaseEndpoint
from hipflask.cloudrun.finding import Finding
from hipflask.cloudrun.spec import ConnectionMode, ServiceSpec
from hipflask.cloudrun.supabase_limits import COMPUTES
from hipflask.cloudrun.validate import Context, validate
from tests.cloudrun.specs import GOOD, PASSWORD, POOLER, at, spec

REF = "abcdefghijklmnopqrst"


def finding(code: str, given: ServiceSpec, context: Context | None = None) -> Finding:
    return next(found for found in validate(given, context) if found.code == code)


@pytest.mark.parametrize(
    ("mode", "limit", "backends"),
    [
        (ConnectionMode.DIRECT, 48, 0),
        (ConnectionMode.SESSION, 15, 0),
        (ConnectionMode.TRANSACTION, 200, 15),
        (ConnectionMode.DEDICATED, 200, 15),
    ],
)
def test_limit_of_a_free_project(mode: ConnectionMode, limit: int, backends: int) -> None:
    count = connections_of(GOOD, mode, COMPUTES["nano"])
    assert (count.limit, count.backends) == (limit, backends)
    assert (count.at_once, count.during_deploy) == (12, 24)


def test_data_api_leaves_less() -> None:
    sharing = spec(database_data_api=True)
    assert connections_of(sharing, ConnectionMode.DIRECT, COMPUTES["nano"]).limit == 24


@pytest.mark.parametrize("mode", ConnectionMode)
@pytest.mark.parametrize("instances", [1, 3, 40])
@pytest.mark.parametrize("pool", [1, 4, 16])
@pytest.mark.parametrize("workers", [1, 2])
def test_what_fits_by_count_fits(
    mode: ConnectionMode, instances: int, pool: int, workers: int
) -> None:
    given = spec(max_instances=instances, workers=workers, database_pool_size=pool)
    count = connections_of(given, mode, COMPUTES["nano"])
    most = count.instances_within(count.limit)
    if most:
        fitting = spec(max_instances=most, workers=workers, database_pool_size=pool)
        beyond = spec(max_instances=most + 1, workers=workers, database_pool_size=pool)
        assert connections_of(fitting, mode, COMPUTES["nano"]).fits
        assert not connections_of(beyond, mode, COMPUTES["nano"]).fits
    size = count.pool_size_within(count.limit)
    if size:
        for pool_size, fits in ((size, True), (size + 1, False)):
            other = spec(max_instances=instances, workers=workers, database_pool_size=pool_size)
            assert connections_of(other, mode, COMPUTES["nano"]).fits is fits


def test_sum_reads_like_a_multiplication() -> None:
    one = connections_of(GOOD, ConnectionMode.SESSION, COMPUTES["nano"])
    assert one.sum == "3 instances × 4 connections = 12"
    two = spec(max_instances=1, workers=2, database_pool_size=1)
    count = connections_of(two, ConnectionMode.SESSION, COMPUTES["nano"])
    assert count.sum == "1 instance × 2 workers × 1 connection = 2"


def test_session_mode_is_told_as_supabase_says_it() -> None:
    crowded = spec(
        max_instances=4, database_pool_size=5, database_connection=ConnectionMode.SESSION
    )
    found = finding("connections-session", crowded)
    assert found.is_error
    assert found.what.startswith("4 instances × 5 connections = 20, but there are 15 places")
    assert "EMAXCONNSESSION" in found.why
    assert "service.max_instances = 3 or database.pool_size = 3" in found.remedy
    assert "6543" in found.remedy


def test_deploy_doubles_the_instances() -> None:
    found = finding("connections-deploy", spec(max_instances=26))
    assert not found.is_error
    assert "208 connections; there are 200" in found.what
    assert "26 instances × 4 connections = 104" in found.why


def test_address_decides_over_the_file() -> None:
    given = spec(max_instances=4, database_connection=ConnectionMode.TRANSACTION)
    session = at(f"postgres.{REF}@{POOLER}:5432/postgres")
    assert finding("connections-session", given, session).is_error


def test_foreign_server_has_no_known_limit() -> None:
    found = validate(spec(max_instances=100), at("me@db.example.com:5432/app"))
    assert not [each.code for each in found if each.code.startswith("connections-")]


def test_ipv6_is_told_with_the_way_out() -> None:
    found = finding("database-ipv6", GOOD, at(f"postgres@db.{REF}.supabase.co:5432/postgres"))
    assert "IPv6" in found.what
    assert "port 6543" in found.remedy
    assert "database.ipv4_addon = true" in found.remedy


@pytest.mark.parametrize(
    ("address", "mode"),
    [
        (f"db.{REF}.supabase.co:5432", ConnectionMode.DIRECT),
        (f"db.{REF}.supabase.co", ConnectionMode.DIRECT),
        (f"DB.{REF}.supabase.co:6543", ConnectionMode.DEDICATED),
        (f"{POOLER}:5432", ConnectionMode.SESSION),
        (POOLER, ConnectionMode.SESSION),
        (f"{POOLER}:6543", ConnectionMode.TRANSACTION),
        ("db.example.com:6543", None),
        (f"db.{REF}.supabase.co.evil.example:5432", None),
        (f"{POOLER}.evil.example:6543", None),
    ],
)
def test_address_tells_its_mode(address: str, mode: ConnectionMode | None) -> None:
    endpoint = DatabaseEndpoint.parse(f"postgresql://u:{PASSWORD}@{address}/postgres")
    assert endpoint is not None
    assert endpoint.mode is mode
    assert PASSWORD not in repr(endpoint)


@pytest.mark.parametrize(
    "address", ["", "postgres", "https://h/d", "postgresql://", "postgresql://u:p@h:99999/d"]
)
def test_refuses_what_is_no_address(address: str) -> None:
    assert DatabaseEndpoint.parse(address) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "0.0.0.0", "db.localhost"])
def test_knows_loopback(host: str) -> None:
    endpoint = DatabaseEndpoint.parse(f"postgresql://u@{host}:54322/postgres")
    assert endpoint is not None
    assert endpoint.is_loopback


def test_sizes_grow() -> None:
    sizes = list(COMPUTES.values())
    assert [size.pooler_clients for size in sizes] == sorted(size.pooler_clients for size in sizes)
    assert [size.max_connections for size in sizes] == sorted(
        size.max_connections for size in sizes
    )


@pytest.mark.parametrize(
    ("name", "connections", "clients"),
    [
        ("nano", 60, 200),
        ("micro", 60, 200),
        ("small", 90, 400),
        ("medium", 120, 600),
        ("large", 160, 800),
        ("xl", 240, 1000),
        ("2xl", 380, 1500),
        ("4xl", 480, 3000),
        ("8xl", 490, 6000),
        ("12xl", 500, 9000),
        ("16xl", 500, 12000),
    ],
)
def test_sizes_are_supabases(name: str, connections: int, clients: int) -> None:
    assert COMPUTES[name].max_connections == connections
    assert COMPUTES[name].pooler_clients == clients


def test_share_of_a_large_server_is_exact() -> None:
    assert COMPUTES["16xl"].direct_share(data_api=True) == 200
    assert COMPUTES["16xl"].direct_share(data_api=False) == 400
