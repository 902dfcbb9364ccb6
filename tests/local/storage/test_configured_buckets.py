"""The buckets of config.toml: made at a start and after a reset, filled from a folder."""

from __future__ import annotations

from pathlib import Path

import psycopg
import urllib3

from tests.cli.conftest import run_hipflask
from tests.local.storage.running_stack import RunningStack, running_stack, write_project

SETTINGS = """
[storage.buckets.pictures]
public = true
file_size_limit = "1MiB"
allowed_mime_types = ["image/png"]
objects_path = "./pictures"
[storage.buckets.plain]
"""


def write_all(folder: Path) -> None:
    write_project(folder, settings=SETTINGS)
    pictures = folder / "supabase" / "pictures" / "deep"
    pictures.mkdir(parents=True)
    (pictures / "one.png").write_bytes(b"\x89PNG")


def ask(stack: RunningStack, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    url = f"{stack.url}/storage/v1{path}"
    answer = urllib3.request(method, url, headers=stack.headers, body=body)
    return answer.status, answer.data


def buckets_of(stack: RunningStack) -> list[tuple[object, ...]]:
    with psycopg.connect(stack.database) as connection:
        return connection.execute(
            "select id, public, file_size_limit, allowed_mime_types from storage.buckets"
            " order by id"
        ).fetchall()


def test_start_makes_and_fills_them(tmp_path: Path) -> None:
    write_all(tmp_path)
    with running_stack(tmp_path) as stack:
        assert buckets_of(stack) == [
            ("pictures", True, 1 << 20, ["image/png"]),
            ("plain", False, None, None),
        ]
        assert ask(stack, "GET", "/object/public/pictures/deep/one.png") == (200, b"\x89PNG")
        assert ask(stack, "POST", "/object/plain/mine.txt", b"mine")[0] == 200
    with running_stack(tmp_path) as stack:
        assert len(buckets_of(stack)) == 2
        assert ask(stack, "GET", "/object/plain/mine.txt")[1] == b"mine"


def test_reset_starts_storage_over(tmp_path: Path) -> None:
    write_all(tmp_path)
    with running_stack(tmp_path) as stack:
        assert ask(stack, "POST", "/object/plain/mine.txt", b"mine")[0] == 200
        done = run_hipflask(tmp_path, "db", "reset", "--yes")
        assert done.code == 0, done.err
        assert ask(stack, "GET", "/object/plain/mine.txt")[0] == 400
        assert ask(stack, "GET", "/object/public/pictures/deep/one.png")[0] == 200
        assert ask(stack, "POST", "/object/plain/mine.txt", b"again")[0] == 200
        files = (tmp_path / ".hipflask" / "storage" / "objects").rglob("*")
        assert len([path for path in files if path.is_file()]) == 2
