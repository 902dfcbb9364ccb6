"""The official clients ask for pictures: ``getPublicUrl``, ``createSignedUrl``, ``download``."""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import httpx
import pytest
from PIL import Image
from storage3.exceptions import StorageApiError
from supabase import Client, create_client
from supabase.lib.client_options import SyncClientOptions

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import FOLDER, NodeProcess

NAME = "a folder/ein Bild.png"

# supabase-py passes its own storage client what that no longer wants.
pytestmark = pytest.mark.filterwarnings(
    "ignore:The '.*' parameter is deprecated:DeprecationWarning"
)
WISH: Any = {"width": 60, "height": 60, "resize": "contain", "quality": 60}


@pytest.fixture
def supabase_admin(backend: SupabaseBackend) -> Iterator[Client]:
    """A supabase-py client with the secret key, whose connections to Storage are closed."""
    with httpx.Client() as http:
        options = SyncClientOptions(auto_refresh_token=False, httpx_client=http)
        client = create_client(backend.url, backend.secret_key, options)
        yield client
        client.auth.close()


@pytest.fixture
def pictures(supabase_admin: Client) -> str:
    """A public bucket with a picture of 400 by 200."""
    file = io.BytesIO()
    Image.new("RGB", (400, 200), (255, 0, 0)).save(file, "PNG")
    supabase_admin.storage.create_bucket("pictures", options={"public": True})
    bucket = supabase_admin.storage.from_("pictures")
    bucket.upload(NAME, file.getvalue(), {"content-type": "image/png"})
    return "pictures"


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def fetched(url: str) -> Image.Image:
    with urlopen(url) as answer:
        return opened(answer.read())


# supabase-py


def test_supabase_py_shows_a_public_picture(supabase_admin: Client, pictures: str) -> None:
    url = supabase_admin.storage.from_(pictures).get_public_url(NAME, {"transform": WISH})
    assert "/storage/v1/render/image/public/pictures/" in url
    assert fetched(url).size == (60, 30)


def test_supabase_py_signs_a_picture(supabase_admin: Client, pictures: str) -> None:
    answer = supabase_admin.storage.from_(pictures).create_signed_url(NAME, 60, {"transform": WISH})
    url = answer["signedURL"] or ""
    assert "/storage/v1/render/image/sign/pictures/" in url
    assert fetched(url).size == (60, 30)


def test_supabase_py_downloads_a_picture(supabase_admin: Client, pictures: str) -> None:
    content = supabase_admin.storage.from_(pictures).download(NAME, {"transform": WISH})
    assert opened(content).size == (60, 30)


def test_supabase_py_hears_what_is_wrong(supabase_admin: Client, pictures: str) -> None:
    bucket = supabase_admin.storage.from_(pictures)
    with pytest.raises(StorageApiError, match="quality must be >= 20"):
        bucket.create_signed_url(NAME, 60, {"transform": {"quality": 1}})
    with pytest.raises(StorageApiError, match="querystring/width must be >= 0"):
        bucket.download(NAME, {"transform": {"width": -1}})


# supabase-js


def test_supabase_js_gets_the_picture_in_each_way(
    node: NodeProcess, backend: SupabaseBackend, pictures: str
) -> None:
    answers = from_supabase_js(backend, pictures, WISH)
    for way, answer in answers.items():
        assert (answer["status"], answer["type"]) == (200, "image/png"), way
        assert opened(base64.b64decode(answer["body"])).size == (60, 30), way
    assert "/storage/v1/render/image/public/" in answers["public"]["url"]
    assert "/storage/v1/render/image/sign/" in answers["signed"]["url"]


def test_supabase_js_gets_avif(node: NodeProcess, backend: SupabaseBackend, pictures: str) -> None:
    for way, answer in from_supabase_js(backend, pictures, {"width": 40, "format": "avif"}).items():
        assert answer["type"] == "image/avif", way
        assert opened(base64.b64decode(answer["body"])).format == "AVIF", way


def from_supabase_js(backend: SupabaseBackend, bucket: str, wish: Any) -> dict[str, Any]:
    """Run js/transform.mjs. The fixture ``node`` has installed the client."""
    arguments = (backend.url, backend.secret_key, bucket, NAME, json.dumps(wish))
    outcome = subprocess.run(
        [shutil.which("node") or "node", "transform.mjs", *arguments],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    answers: dict[str, Any] = json.loads(outcome.stdout)
    return answers
