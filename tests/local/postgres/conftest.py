"""A cluster to run SQL on, and folders for clusters that a test may wreck."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.local.postgres import Cluster, bootstrap, create_database, drop_database


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A running server for the whole session."""
    cluster = Cluster(tmp_path_factory.mktemp("shared-postgres") / "db", port=0, durable=False)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def bootstrapped(server: Cluster) -> str:
    """The name of a bootstrapped database to copy; nobody connects to it."""
    create_database(server, "bootstrapped")
    bootstrap(server, "bootstrapped")
    return "bootstrapped"


@pytest.fixture
def database(server: Cluster, bootstrapped: str) -> Iterator[str]:
    """The name of a bootstrapped database of the test's own."""
    name = f"test_{secrets.token_hex(4)}"
    create_database(server, name, template=bootstrapped, strategy="file_copy")
    yield name
    drop_database(server, name)


@pytest.fixture(scope="session")
def storage_database(server: Cluster, bootstrapped: str) -> str:
    """The name of a bootstrapped database in which no test commits anything."""
    create_database(server, "storage_only", template=bootstrapped, strategy="file_copy")
    return "storage_only"


@pytest.fixture
def admin(server: Cluster, storage_database: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the Storage service, in a transaction that is rolled back."""
    url = server.url(user="supabase_storage_admin", database=storage_database)
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of the test's own, not started, of the durable kind."""
    cluster = Cluster(tmp_path / ".hipflask" / "db", port=0)
    yield cluster
    cluster.stop()


@pytest.fixture
def same_folder() -> Iterator[Callable[[Cluster], Cluster]]:
    """Makes a second cluster object on another's folder, as a second start would."""
    made: list[Cluster] = []

    def make(other: Cluster) -> Cluster:
        made.append(Cluster(other.data, port=0))
        return made[-1]

    yield make
    for cluster in made:
        cluster.stop()
