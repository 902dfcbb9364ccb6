"""Whatever the moment of a kill: what was acknowledged is whole, and nothing else stays."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.local.storage.running_stack import RunningStack, running_stack, write_project

UPLOADERS = 200
BUCKET = "kept"


@dataclass
class Acknowledged:
    """What the server said it had: names with the MD5s that may be there under them."""

    md5s: dict[str, str] = field(default_factory=dict)
    #: Of names that were sent again, what a missing answer may have left there.
    doubtful: dict[str, set[str]] = field(default_factory=dict)
    answers: int = 0

    def __post_init__(self) -> None:
        self._turn = threading.Lock()

    def sending(self, name: str, md5: str) -> None:
        with self._turn:
            self.doubtful.setdefault(name, set()).add(md5)

    def answered(self, name: str, md5: str) -> None:
        with self._turn:
            self.answers += 1
            self.md5s[name] = md5
            self.doubtful[name] = {md5}


def test_acknowledged_objects_survive_a_kill(tmp_path: Path) -> None:
    write_project(tmp_path)
    known = Acknowledged()
    with running_stack(tmp_path) as stack:
        assert send(stack, "POST", "/bucket", b'{"name": "kept"}') == 200
        threads = [
            threading.Thread(target=upload_until_it_breaks, args=(stack, known, number))
            for number in range(UPLOADERS)
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 30
        while known.answers < 2 * UPLOADERS and time.monotonic() < deadline:
            time.sleep(0.005)
        stack.process.kill()
        for thread in threads:
            thread.join()
    assert known.answers >= 2 * UPLOADERS
    with running_stack(tmp_path) as stack:
        there = stored_objects(stack)
        for name, md5 in known.md5s.items():
            assert there[name][1] in known.doubtful[name] | {md5}
        assert set(there) <= set(known.doubtful), "nobody sent these"
        require_agreement(tmp_path / ".hipflask" / "storage", there)
        for name in random.sample(sorted(known.md5s), 50):
            assert fetched_md5(stack, name) == there[name][1]


def upload_until_it_breaks(stack: RunningStack, known: Acknowledged, number: int) -> None:
    """Upload one object after the other, every third one over the first, until nobody answers."""
    choice = random.Random(number)
    with closing(HTTPConnection(urlsplit(stack.url).netloc, timeout=60)) as connection:
        for count in range(10_000):
            name = f"{number}/{0 if count % 3 == 0 else count}"
            content = choice.randbytes(choice.choice((0, 1000, 100_000, 600_000)))
            md5 = hashlib.md5(content).hexdigest()
            known.sending(name, md5)
            try:
                path = f"/storage/v1/object/{BUCKET}/{name}"
                connection.request("PUT", path, content, stack.headers)
                with connection.getresponse() as answer:
                    answer.read()
            except (OSError, HTTPException):
                return
            assert answer.status == 200
            known.answered(name, md5)


def stored_objects(stack: RunningStack) -> dict[str, tuple[str, str]]:
    """Return name -> (version, MD5 as the database says)."""
    with psycopg.connect(stack.database) as connection:
        rows = connection.execute(
            "select name, version, metadata ->> 'eTag' from storage.objects where bucket_id = %s",
            (BUCKET,),
        ).fetchall()
    return {name: (version, etag.strip('"')) for name, version, etag in rows}


def require_agreement(folder: Path, there: dict[str, tuple[str, str]]) -> None:
    """The files are exactly those that the rows name, each with its content, and no other."""
    files = {path.name: path for path in (folder / "objects").rglob("*") if path.is_file()}
    assert set(files) == {version for version, _ in there.values()}
    for version, md5 in there.values():
        assert hashlib.md5(files[version].read_bytes()).hexdigest() == md5
    left = [path for name in ("tmp", "pending") for path in (folder / name).rglob("*")]
    assert left == []


def send(stack: RunningStack, method: str, path: str, body: bytes) -> int:
    with closing(HTTPConnection(urlsplit(stack.url).netloc, timeout=60)) as connection:
        headers = stack.headers | {"Content-Type": "application/json"}
        connection.request(method, f"/storage/v1{path}", body, headers)
        return connection.getresponse().status


def fetched_md5(stack: RunningStack, name: str) -> str:
    with closing(HTTPConnection(urlsplit(stack.url).netloc, timeout=60)) as connection:
        connection.request("GET", f"/storage/v1/object/{BUCKET}/{name}", headers=stack.headers)
        return hashlib.md5(connection.getresponse().read()).hexdigest()
