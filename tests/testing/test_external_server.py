"""HIPFLASK_TEST_DATABASE_URL: the plugin on somebody else's PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hipflask.local.postgres import Cluster


@pytest.fixture
def other_server(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path / "db", port=0, durable=False, log=tmp_path / "postgres.log")
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def run_there(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    pytester.makepyfile(
        """
        import os
        def test_lives_there(backend):
            assert os.environ["HIPFLASK_TEST_DATABASE_URL"].split("/")[2] in backend.database_url
            assert backend.signed_in("ann@example.com").access_token
        """
    )
    return pytester


def test_leaves_no_database_behind(
    other_server: Cluster, run_there: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIPFLASK_TEST_DATABASE_URL", other_server.url())
    run_there.runpytest_subprocess().assert_outcomes(passed=1)
    with psycopg.connect(other_server.url()) as connection:
        left = connection.execute("select datname from pg_database where datname like 'hipfl%'")
        assert left.fetchall() == []


def test_an_address_where_nobody_answers_is_a_sentence(
    run_there: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIPFLASK_TEST_DATABASE_URL", "postgresql://postgres:x@127.0.0.1:1/postgres")
    outcome = run_there.runpytest_subprocess()
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["*127.0.0.1:1 cannot be used*"])
