"""tus-js-client, with which pages upload to Supabase Storage, over a line that breaks."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.cut_line import cut_line
from tests.contract.js_client import FOLDER, NodeProcess

DATA = random.Random(1).randbytes((15 << 20) + 7)
BUCKET = "videos"
NAME = "holiday/beach.mp4"
HEADERS = 1 << 16
KEPT = {"title": "Am Meer"}

Uploader = Callable[..., Any]


@pytest.fixture
def upload(node: NodeProcess, backend: SupabaseBackend, tmp_path: Path) -> Uploader:
    """Run tus-js-client in a process of its own, with a memory that outlives it."""
    file = tmp_path / "beach.mp4"
    file.write_bytes(DATA)
    answer = backend.request(
        "POST", "/storage/v1/bucket", json={"name": BUCKET}, headers={"apikey": backend.secret_key}
    )
    assert answer.status_code == 200

    def run(address: str, *, again: bool = True, path: str = "", **headers: str) -> dict[str, Any]:
        order = {
            "file": str(file),
            "remember": str(tmp_path / "unfinished.json"),
            "url": f"{address}/storage/v1/upload/resumable{path}",
            "headers": headers or {"apikey": backend.secret_key},
            "metadata": {
                "bucketName": BUCKET,
                "objectName": NAME,
                "contentType": "video/mp4",
                "cacheControl": "3600",
                "metadata": json.dumps(KEPT),
            },
            "retryDelays": [0, 100, 300, 1000] if again else None,
        }
        outcome = subprocess.run(
            [str(shutil.which("node")), "resumable.mjs"],
            cwd=FOLDER,
            input=json.dumps(order),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert outcome.returncode == 0, outcome.stderr
        said: dict[str, Any] = json.loads(outcome.stdout)
        return said

    return run


def require_whole(backend: SupabaseBackend) -> None:
    headers = {"apikey": backend.secret_key}
    path = f"/storage/v1/object/{BUCKET}/{NAME}"
    with backend.request("GET", path, headers=headers) as answer:
        assert answer.data == DATA
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Cache-Control"] == "max-age=3600"
    path = f"/storage/v1/object/info/{BUCKET}/{NAME}"
    assert backend.request("GET", path, headers=headers).json["metadata"] == KEPT


def port_of(backend: SupabaseBackend) -> int:
    port = urlsplit(backend.url).port
    assert port is not None
    return port


def test_uploads(upload: Uploader, backend: SupabaseBackend) -> None:
    said = upload(backend.url)
    assert said["error"] is None
    assert said["requests"] == [["POST", 201], ["PATCH", 204], ["PATCH", 204]]
    require_whole(backend)


def test_goes_on_when_the_line_is_back(upload: Uploader, backend: SupabaseBackend) -> None:
    with cut_line(port_of(backend), 9 << 20, 2 << 20, 3 << 20) as line:
        said = upload(line.url)
        assert said["error"] is None
        assert ["HEAD", 200] in said["requests"]
        assert line.up < len(DATA) + HEADERS, "what had arrived was sent again"
    require_whole(backend)


def test_goes_on_in_a_new_process(upload: Uploader, backend: SupabaseBackend) -> None:
    with cut_line(port_of(backend), 8 << 20) as line:
        assert upload(line.url, again=False)["error"] is not None
        said = upload(line.url)
        assert (said["error"], said["resumed"]) == (None, True)
        assert line.up < len(DATA) + HEADERS, "what had arrived was sent again"
    require_whole(backend)


def test_uploads_with_a_signature(upload: Uploader, backend: SupabaseBackend) -> None:
    path = f"/storage/v1/object/upload/sign/{BUCKET}/{NAME}"
    answer = backend.request("POST", path, headers={"apikey": backend.secret_key})
    headers = {"x-signature": answer.json["token"]}
    with cut_line(port_of(backend), 9 << 20) as line:
        said = upload(line.url, path="/sign", **headers)
        assert said["error"] is None
        assert ["HEAD", 200] in said["requests"]
    require_whole(backend)


def test_second_upload_needs_upsert(upload: Uploader, backend: SupabaseBackend) -> None:
    upload(backend.url)
    assert "The resource already exists" in upload(backend.url, again=False)["error"]
    headers = {"apikey": backend.secret_key, "x-upsert": "true"}
    assert upload(backend.url, **headers)["error"] is None
