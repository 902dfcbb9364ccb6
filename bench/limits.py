"""What a rate limit costs a request: beside no limit, and beside one statement of the same kind.

    python bench/limits.py [--rounds 7] [--seconds 2]

One process asks one Flask application by its test client, over the embedded stack's PostgreSQL in
another process; the cases take turns within each round. Printed are medians over the rounds of the
time and of the processor time of a request (of this process, PostgreSQL's not), and what each adds
to the view without a limit. ``one statement`` is a ``select`` in one round trip as the service,
with the same role and claims: what any answer from the database costs at least. ``refused here`` is
the answer to somebody whom the database has refused a moment ago.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from flask import Flask

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from hipflask import HipFlask, Limit, rate_limit  # noqa: E402
from hipflask.kit.data import SERVICE  # noqa: E402
from hipflask.local.postgres import Cluster, bootstrap  # noqa: E402

SITE = "http://127.0.0.1:8080"
MIGRATION = ROOT / "starter/supabase/migrations/20260101000650_rate_limits.sql"


def make_app(database_url: str) -> Flask:
    """Make the application with one page for each case."""
    app, hip = Flask("limits_bench"), HipFlask()
    hip.init_app(
        app,
        environ={
            "SUPABASE_URL": "http://127.0.0.1:1",
            "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_ABCDEFGHIJKLMNOPQRSTUV_abcdefgh",
            "DATABASE_URL": database_url,
            "SECRET_KEY": "k3y",
            "SITE_URL": SITE,
            "LOG_LEVEL": "error",
        },
    )

    def page() -> dict[str, bool]:
        return {"answered": True}

    def statement() -> dict[str, bool]:
        hip.db.fetch_one_as(SERVICE, "select true as answered")
        return {"answered": True}

    pages: dict[str, Callable[[], dict[str, bool]]] = {
        "no limit": page,
        "one statement": statement,
        "one limit": rate_limit(Limit(1_000_000, per=3600))(page),
        "three limits": rate_limit(
            Limit(1_000_000, per=3600),
            Limit(1_000_000, per=86_400),
            Limit(1_000_000, per=3600, by="everyone"),
        )(page),
        "refused here": rate_limit(Limit(1, per=86_400))(page),
    }
    for number, (name, view) in enumerate(pages.items()):
        app.add_url_rule(f"/api/{number}", f"case {name}", view)
    return app


def measure(ask: Callable[[], object], seconds: float) -> tuple[float, float]:
    """Return microseconds of time and of processor time for one request."""
    ask()
    asked, began, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        ask()
        asked += 1
    return (
        (time.perf_counter() - began) / asked * 1e6,
        (time.process_time() - cpu) / asked * 1e6,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(Path(folder) / "db", port=0)
        cluster.start()
        try:
            bootstrap(cluster)
            with psycopg.connect(cluster.url(), autocommit=True) as connection:
                connection.execute("create schema hipflask")
                connection.execute("grant usage on schema hipflask to service_role")
                connection.execute("create table hipflask.code_attempts ()")
                connection.execute(MIGRATION.read_text(encoding="utf-8").encode())
            app = make_app(cluster.url())
            run(app, options.rounds, options.seconds)
            app.extensions["hipflask"].close()
        finally:
            cluster.stop()


def run(app: Flask, rounds: int, seconds: float) -> None:
    """Let the cases take turns, and print the table."""
    client = app.test_client()
    names = [
        rule.endpoint.removeprefix("case ") for rule in app.url_map.iter_rules("case no limit")
    ]
    names += ["one statement", "one limit", "three limits", "refused here"]
    walls: dict[str, list[float]] = {name: [] for name in names}
    cpus: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for number, name in enumerate(names):
            path = f"/api/{number}"
            wall, cpu = measure(lambda path=path: client.get(path, base_url=SITE), seconds)
            walls[name].append(wall)
            cpus[name].append(cpu)
    print(f"load average {os.getloadavg()[0]:.1f}, {rounds} rounds of {seconds:g} s")
    base_wall, base_cpu = statistics.median(walls["no limit"]), statistics.median(cpus["no limit"])
    for name in names:
        wall, cpu = statistics.median(walls[name]), statistics.median(cpus[name])
        print(
            f"{name:14} {wall:8.0f} µs {cpu:8.0f} µs processor"
            f"   +{wall - base_wall:.0f} µs, +{cpu - base_cpu:.0f} µs"
        )


if __name__ == "__main__":
    main()
