"""Cases of the database's address and of the connection arithmetic."""

from __future__ import annotations

from hipflask.cloudrun.spec import ConnectionMode
from hipflask.cloudrun.validate import Context
from tests.cloudrun.specs import GOOD, POOLER, Case, at, spec

DIRECT, SESSION = ConnectionMode.DIRECT, ConnectionMode.SESSION
DEDICATED = ConnectionMode.DEDICATED
REF = "abcdefghijklmnopqrst"
ON_6543 = f"postgres.{REF}@{POOLER}:6543/postgres"
ON_5432 = f"postgres.{REF}@{POOLER}:5432/postgres"
STRAIGHT = f"postgres@db.{REF}.supabase.co:5432/postgres"

ADDRESS = (
    Case("database-url", GOOD, GOOD, Context(database_url="mysql://h/d"), at(ON_6543)),
    Case("database-url", GOOD, GOOD, Context(database_url="postgresql:///postgres"), Context()),
    Case("database-url", GOOD, GOOD, at(f"postgres.{REF}@{POOLER}:port/postgres"), at(ON_6543)),
    Case("database-local", GOOD, GOOD, at("postgres@127.0.0.1:54322/postgres"), at(ON_6543)),
    Case("database-mode", GOOD, GOOD, at(ON_5432), at(ON_6543)),
    Case("database-mode", GOOD, spec(database_connection=SESSION), at(ON_5432)),
    Case("database-ipv6", GOOD, GOOD, at(STRAIGHT), at(ON_6543)),
    Case("database-ipv6", GOOD, spec(database_ipv4_addon=True), at(STRAIGHT)),
    Case("database-ipv6", spec(database_connection=DIRECT), GOOD),
    Case(
        "database-ipv6",
        spec(database_connection=DEDICATED),
        spec(database_connection=DEDICATED, database_ipv4_addon=True),
    ),
    Case(
        "database-pooler-user",
        GOOD,
        GOOD,
        at(f"postgres@{POOLER}:6543/postgres"),
        at(ON_6543),
    ),
    Case(
        "database-prepared-statements",
        spec(database_prepared_statements=True),
        spec(database_prepared_statements=True, database_connection=SESSION),
    ),
    Case(
        "database-prepared-statements",
        spec(database_prepared_statements=True),
        spec(database_prepared_statements=True),
        at(ON_6543),
        at(ON_5432),
    ),
    Case(
        "database-prepared-statements",
        GOOD,
        GOOD,
        Context(database_url=f"postgresql+asyncpg://{ON_6543}"),
        Context(database_url=f"postgresql+asyncpg://{ON_6543}?prepared_statement_cache_size=0"),
    ),
    Case(
        "database-startup-options",
        GOOD,
        GOOD,
        at(f"{ON_6543}?options=-csearch_path%3Da"),
        at(f"{ON_5432}?options=-csearch_path%3Da"),
    ),
    Case("database-compute", spec(database_compute="nanno"), spec(database_compute="nano")),
)

DIRECTLY = {"database_connection": DIRECT, "database_ipv4_addon": True}
IN_SESSIONS = {"database_connection": SESSION}
ARITHMETIC = (
    Case("pool-size", spec(database_pool_size=0), spec(database_pool_size=1)),
    Case("pool-above-threads", spec(database_pool_size=17), spec(database_pool_size=16)),
    # Nano: 60 connections, of which 80 % are 48, or 24 beside the Data API.
    Case(
        "connections-direct",
        spec(**DIRECTLY, database_pool_size=7, max_instances=7),
        spec(**DIRECTLY, database_pool_size=6, max_instances=8),
    ),
    Case(
        "connections-direct",
        spec(**DIRECTLY, database_data_api=True, database_pool_size=5, max_instances=5),
        spec(**DIRECTLY, database_data_api=True, database_pool_size=6, max_instances=4),
    ),
    # Session mode: 15 places. Four instances of five do not fit.
    Case(
        "connections-session",
        spec(**IN_SESSIONS, database_pool_size=5, max_instances=4),
        spec(**IN_SESSIONS, database_pool_size=5, max_instances=3),
    ),
    Case(
        "connections-session",
        spec(**IN_SESSIONS, database_pool_size=4, max_instances=2, workers=2),
        spec(**IN_SESSIONS, database_pool_size=4, max_instances=2, workers=1),
    ),
    # Transaction mode: 200 clients.
    Case(
        "connections-transaction",
        spec(database_pool_size=4, max_instances=51),
        spec(database_pool_size=4, max_instances=50),
    ),
    Case(
        "connections-transaction",
        spec(database_pool_size=4, max_instances=51),
        spec(database_pool_size=4, max_instances=51, database_compute="small"),
    ),
    # Cloud Run's own maximum of 100 counts where the spec has none.
    Case("connections-transaction", spec(max_instances=None), spec(max_instances=3)),
    # Twice the instances while a deploy runs.
    Case(
        "connections-deploy",
        spec(**IN_SESSIONS, database_pool_size=4, max_instances=2),
        spec(**IN_SESSIONS, database_pool_size=7, max_instances=1),
    ),
    Case(
        "connections-deploy",
        spec(database_pool_size=4, max_instances=26),
        spec(database_pool_size=4, max_instances=25),
    ),
    Case(
        "connections-deploy",
        spec(**DIRECTLY, database_pool_size=5, max_instances=5),
        spec(**DIRECTLY, database_pool_size=4, max_instances=6),
    ),
    Case(
        "connections-waiting",
        spec(database_pool_size=4, max_instances=4),
        spec(database_pool_size=5, max_instances=3),
    ),
)

CASES = (*ADDRESS, *ARITHMETIC)
