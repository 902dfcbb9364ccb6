"""Buckets and objects written straight into the tables, the way the Storage service does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg

# What a listing easily gets wrong: case, characters that sort before "/", doubled and leading
# slashes, the wildcards of like, an object with the name of a folder, a folder made by hand.
AWKWARD = [
    *("10.txt", "9.txt", "_u.txt", "a b.txt", "a-b.txt", "a.txt", "A.txt", "a_b.txt", "b.txt"),
    *("B.txt", "f1/g/x.txt", "f1/one.txt", "F1/two.txt", "f2/z.txt"),
]


def put(connection: psycopg.Connection[Any], names: Iterable[str], bucket: str = "b") -> None:
    """Insert objects, each a second younger than the one before, and their bucket."""
    connection.execute(
        "insert into storage.buckets (id, name) values (%s, %s) on conflict do nothing",
        [bucket, bucket],
    )
    connection.execute(
        "insert into storage.objects (bucket_id, name, created_at, updated_at, metadata)"
        " select %s, name, timestamptz '2026-01-01' + n * interval '1 s',"
        " timestamptz '2026-02-01' - n * interval '1 s', jsonb_build_object('size', n)"
        " from unnest(%s::text[]) with ordinality as o (name, n)",
        [bucket, list(names)],
    )


def listed(connection: psycopg.Connection[Any], call: str, *arguments: Any) -> list[str]:
    """Return the names that a function of schema storage lists; folders get their slash back."""
    rows = connection.execute(f"select name, id from storage.{call}".encode(), arguments)
    return [name if key is not None else f"{name}/" for name, key in rows]
