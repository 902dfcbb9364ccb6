"""A database, and a project's folder to write migrations into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.local.postgres import Cluster
from tests.local.postgres.conftest import bootstrapped, cluster, database, server

__all__ = ["bootstrapped", "cluster", "database", "server"]  # fixtures


@dataclass(frozen=True)
class MigratedProject:
    """A ``supabase`` folder and the database it belongs to."""

    supabase: Path
    server: Cluster
    database: str

    @property
    def folder(self) -> Path:
        return self.supabase / "migrations"

    @property
    def url(self) -> str:
        return self.server.url(database=self.database)

    def write(self, version: int, sql: str, name: str = "change") -> Path:
        """Write a migration."""
        path = self.folder / f"{version}_{name}.sql"
        path.write_text(sql, encoding="utf-8")
        return path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Run a query as postgres."""
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()

    def exists(self, relation: str) -> bool:
        return self.rows(f"select to_regclass('{relation}') is not null") == [(True,)]


@pytest.fixture
def project(tmp_path: Path, server: Cluster, database: str) -> Iterator[MigratedProject]:
    """A project without migrations, and a bootstrapped database."""
    supabase = tmp_path / "supabase"
    (supabase / "migrations").mkdir(parents=True)
    return MigratedProject(supabase, server, database)
