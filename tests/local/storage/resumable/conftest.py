"""A bucket with policies, and people who upload to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.resumable.tus import Reply, Tus

# Everybody who signed in may write below a folder of the own id, and read everything.
POLICIES = """
    create policy own_insert on storage.objects for insert to authenticated
      with check (
        bucket_id = 'shelf' and (storage.foldername(name))[1] = (select auth.uid())::text
      );
    create policy own_update on storage.objects for update to authenticated
      using (owner_id = (select auth.uid())::text);
    create policy own_select on storage.objects for select to authenticated using (true);
"""


@dataclass(frozen=True)
class Bucket:
    """The bucket ``shelf``, seen by an administrator."""

    backend: SupabaseBackend

    def ask(self, method: str, path: str, json: Any = None) -> Any:
        key = self.backend.secret_key
        headers = {"apikey": key}
        answer = self.backend.request(method, f"/storage/v1{path}", json=json, headers=headers)
        answer.get_data()  # reads it all, which closes the file
        answer.close()
        return answer

    def change(self, **settings: Any) -> None:
        answer = self.ask("PUT", "/bucket/shelf", settings)
        assert answer.status_code == 200, answer.text

    def content(self, name: str) -> bytes:
        answer = self.ask("GET", f"/object/shelf/{name}")
        assert answer.status_code == 200, answer.text
        data: bytes = answer.data
        return data

    def has(self, name: str) -> bool:
        return bool(self.ask("HEAD", f"/object/shelf/{name}").status_code == 200)

    def row(self, name: str) -> dict[str, Any]:
        with psycopg.connect(self.backend.database_url) as connection:
            found = connection.execute(
                "select to_jsonb(o) from storage.objects o where name = %s", (name,)
            ).fetchone()
        assert found is not None, name
        row: dict[str, Any] = found[0]
        return row

    @property
    def shelf(self) -> Path:
        return self.backend.storage_folder / "uploads" / "resumable"

    @property
    def shelved(self) -> list[str]:
        return sorted(path.name for path in self.shelf.glob("*"))


@pytest.fixture
def bucket(backend: SupabaseBackend) -> Bucket:
    made = Bucket(backend)
    answer = made.ask("POST", "/bucket", {"name": "shelf", "id": "shelf"})
    assert answer.status_code == 200, answer.text
    with psycopg.connect(backend.database_url) as connection:
        connection.execute(POLICIES)
    return made


@pytest.fixture
def admin(backend: SupabaseBackend, bucket: Bucket) -> Tus:
    return Tus(backend.url, {"apikey": backend.secret_key})


@pytest.fixture
def anon(backend: SupabaseBackend, bucket: Bucket) -> Tus:
    return Tus(backend.url, {"apikey": backend.publishable_key})


@dataclass(frozen=True)
class Person:
    tus: Tus
    id: str


@pytest.fixture
def person(backend: SupabaseBackend, bucket: Bucket) -> Callable[[str], Person]:
    def make(email: str) -> Person:
        session = backend.signed_in(email)
        headers = {
            "apikey": backend.publishable_key,
            "Authorization": f"Bearer {session.access_token}",
        }
        return Person(Tus(backend.url, headers), session.user.id)

    return make


def eventually(question: Callable[[], Reply], is_right: Callable[[Reply], bool]) -> Reply:
    """Ask until the answer is right, for what the server does after its client has gone."""
    ends = time.monotonic() + 10
    while not is_right(reply := question()) and time.monotonic() < ends:
        time.sleep(0.02)
    return reply
