"""A stack that is killed in the middle of an upload goes on with it afterwards."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.local.storage.resumable.tus import Tus
from tests.local.storage.running_stack import RunningStack, running_stack, write_project

DATA = random.Random(1).randbytes(4 << 20)
SENT = 3_000_001


def test_upload_survives_a_kill(tmp_path: Path) -> None:
    write_project(tmp_path)
    shelf = tmp_path / ".hipflask" / "storage" / "uploads" / "resumable"
    with running_stack(tmp_path) as stack:
        tus = tus_of(stack)
        reply = tus.ask(
            "POST", "/storage/v1/bucket", b'{"name": "shelf"}', Content_Type="application/json"
        )
        assert reply.status == 200
        url = tus.begin(len(DATA))
        with tus.half_patch(url, 0, DATA[:SENT], len(DATA)):
            wait_for_bytes(shelf, SENT)
            stack.process.kill()
            stack.process.wait()
    with running_stack(tmp_path) as stack:
        tus = tus_of(stack)
        url = stack.url + url[url.index("/storage/v1") :]
        assert tus.head(url).offset == SENT
        assert tus.patch(url, SENT, DATA[SENT:]).headers["tus-complete"] == "1"
        assert tus.ask("GET", "/storage/v1/object/shelf/a.txt").body == DATA


def tus_of(stack: RunningStack) -> Tus:
    return Tus(stack.url, stack.headers)


def wait_for_bytes(shelf: Path, size: int) -> None:
    ends = time.monotonic() + 20
    while not any(path.stat().st_size == size for path in shelf.glob("*")):
        assert time.monotonic() < ends, "the bytes did not arrive"
        time.sleep(0.01)
