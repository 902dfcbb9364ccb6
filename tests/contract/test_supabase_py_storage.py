"""supabase-py, the official Python client: every method of its `storage`, in both its kinds."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import urllib3
from storage3.exceptions import StorageApiError
from supabase import AsyncClientOptions, Client, acreate_client

from hipflask.testing import SupabaseBackend
from tests.contract.pictures import PNG

# supabase-py warns about how it makes its own storage client.
pytestmark = pytest.mark.filterwarnings("ignore:The '[a-z]+' parameter is deprecated")

CSS: Any = {"content-type": "text/css", "cache-control": "60", "metadata": {"n": {"m": 1}}}


def fetched(url: str) -> tuple[int, bytes]:
    """Open a URL as a browser would, without any key."""
    with urllib3.PoolManager() as http:
        answer = http.request("GET", url)
        return answer.status, answer.data


def refused(call: Callable[[], Any]) -> StorageApiError:
    with pytest.raises(StorageApiError) as caught:
        call()
    return caught.value


@pytest.fixture
def storage(supabase_admin: Client) -> Iterator[Any]:
    """The storage of a client with the secret key, and a private bucket `files`."""
    supabase_admin.storage.create_bucket("files")
    yield supabase_admin.storage
    supabase_admin.storage.session.close()


@pytest.fixture
def files(storage: Any) -> Any:
    """The bucket, with three files."""
    bucket = storage.from_("files")
    for name in ("a.txt", "folder/b.txt", "folder/deep/c.txt"):
        bucket.upload(name, b"hello", CSS)
    return bucket


@pytest.fixture
def visitor(supabase: Client) -> Iterator[Any]:
    """The storage of a client with the publishable key."""
    yield supabase.storage
    supabase.storage.session.close()


class TestBuckets:
    """create_bucket and its kin."""

    def test_create(self, storage: Any) -> None:
        options = {"public": True, "file_size_limit": "1MB", "allowed_mime_types": ["image/*"]}
        assert storage.create_bucket("new", options=options) == {"name": "new"}
        seen = storage.get_bucket("new")
        assert (seen.id, seen.name, seen.public, seen.owner) == ("new", "new", True, "")
        assert (seen.file_size_limit, seen.allowed_mime_types) == (1_000_000, ["image/*"])

    def test_create_with_another_name(self, storage: Any) -> None:
        storage.create_bucket("the-id", "the name")
        assert storage.get_bucket("the-id").name == "the name"

    def test_second_of_a_name(self, storage: Any) -> None:
        error = refused(lambda: storage.create_bucket("files"))
        assert (str(error.status), error.code) == ("409", "Duplicate")

    def test_get_of_a_missing_one(self, storage: Any) -> None:
        error = refused(lambda: storage.get_bucket("none"))
        assert (str(error.status), error.message) == ("404", "Bucket not found")

    def test_list(self, storage: Any) -> None:
        found = {bucket.id: bucket for bucket in storage.list_buckets()}
        assert found["files"].public is False

    def test_update(self, storage: Any) -> None:
        answer = storage.update_bucket("files", {"public": True, "file_size_limit": None})
        assert answer == {"message": "Successfully updated"}
        assert storage.get_bucket("files").public is True

    def test_empty_and_delete(self, storage: Any, files: Any) -> None:
        assert str(refused(lambda: storage.delete_bucket("files")).status) == "409"
        assert "queued" in storage.empty_bucket("files")["message"]
        assert storage.delete_bucket("files") == {"message": "Successfully deleted"}

    def test_visitor_may_nothing(self, storage: Any, visitor: Any) -> None:
        assert visitor.list_buckets() == []
        assert str(refused(lambda: visitor.create_bucket("mine")).status) == "403"
        assert str(refused(lambda: visitor.empty_bucket("files")).status) == "403"


def _as_path(folder: Path) -> Path:
    path = folder / "its own name.txt"
    path.write_bytes(b"hello")
    return path


BODIES: dict[str, Callable[[Path], Any]] = {
    "bytes": lambda folder: b"hello",
    "path": _as_path,
    "text": lambda folder: str(_as_path(folder)),
    "buffered": lambda folder: _as_path(folder).open("rb"),
    "raw": lambda folder: io.FileIO(_as_path(folder)),
}


class TestUploads:
    """upload, update, and to a signed URL."""

    @pytest.mark.parametrize("kind", BODIES)
    @pytest.mark.parametrize("method", ["upload", "update"])
    def test_each_kind_of_body(self, storage: Any, tmp_path: Path, kind: str, method: str) -> None:
        bucket = storage.from_("files")
        body = BODIES[kind](tmp_path)
        made = getattr(bucket, method)("f/a.txt", body, CSS)
        assert (made.path, made.full_path) == ("f/a.txt", "files/f/a.txt")
        assert bucket.download("f/a.txt") == b"hello"
        info = bucket.info("f/a.txt")
        assert (info["cache_control"], info["content_type"]) == ("max-age=60", "text/css")
        assert info["metadata"] == {"n": {"m": 1}}
        if hasattr(body, "close"):
            body.close()

    def test_second_wants_upsert(self, files: Any) -> None:
        assert str(refused(lambda: files.upload("a.txt", b"other")).status) == "409"
        files.upload("a.txt", b"other", {"upsert": "true"})
        assert files.download("a.txt") == b"other"

    @pytest.mark.parametrize("kind", BODIES)
    def test_signed(self, storage: Any, visitor: Any, tmp_path: Path, kind: str) -> None:
        signed = storage.from_("files").create_signed_upload_url("up.txt")
        assert (signed["path"], bool(signed["token"])) == ("up.txt", True)
        body = BODIES[kind](tmp_path)
        bucket = visitor.from_("files")
        made = bucket.upload_to_signed_url("up.txt", signed["token"], body, CSS)
        assert made.path == "up.txt"
        assert storage.from_("files").download("up.txt") == b"hello"
        assert storage.from_("files").info("up.txt")["content_type"] == "text/css"
        error = refused(lambda: bucket.upload_to_signed_url("up.txt", signed["token"], b"again"))
        assert str(error.status) == "409"
        if hasattr(body, "close"):
            body.close()

    def test_bad_name(self, storage: Any) -> None:
        error = refused(lambda: storage.from_("files").upload("名.txt", b"x"))
        assert (str(error.status), error.message) == ("400", "Invalid key: 名.txt")

    def test_too_large(self, storage: Any) -> None:
        storage.update_bucket("files", {"file_size_limit": 3})
        error = refused(lambda: storage.from_("files").upload("a", b"four"))
        assert (str(error.status), error.code) == ("413", "Payload too large")


class TestDownloads:
    """download, info, exists, and every kind of URL."""

    def test_missing(self, files: Any) -> None:
        for method in (files.download, files.info):
            assert str(refused(lambda method=method: method("none")).status) == "404"

    def test_exists(self, files: Any) -> None:
        assert files.exists("a.txt") is True
        assert files.exists("none") is False

    def test_info(self, files: Any) -> None:
        info = files.info("folder/b.txt")
        assert (info["name"], info["bucket_id"], info["size"]) == ("folder/b.txt", "files", 5)

    @pytest.mark.parametrize("download", [None, True, "näme.txt"])
    def test_signed(self, files: Any, download: Any) -> None:
        options = {"download": download} if download else {}
        signed = files.create_signed_url("folder/b.txt", 60, options)
        assert signed["signedURL"] == signed["signedUrl"]
        assert fetched(signed["signedUrl"]) == (200, b"hello")

    def test_signed_with_a_blank(self, files: Any) -> None:
        files.upload("a b (1).txt", b"hello")
        assert fetched(files.create_signed_url("a b (1).txt", 60)["signedUrl"]) == (200, b"hello")

    def test_signed_many(self, files: Any) -> None:
        seen = files.create_signed_urls(["a.txt", "none"], 60, {"download": True})
        assert [bool(one["error"]) for one in seen] == [False, True]
        assert fetched(seen[0]["signedUrl"]) == (200, b"hello")
        assert seen[1]["signedUrl"] is None

    def test_signed_expires(self, files: Any, backend: SupabaseBackend) -> None:
        url = files.create_signed_url("a.txt", 60)["signedUrl"]
        backend.clock.advance(minutes=2)
        assert fetched(url)[0] == 400

    @pytest.mark.parametrize("options", [{}, {"download": True}, {"download": "x.txt"}])
    def test_public(self, storage: Any, options: Any) -> None:
        storage.create_bucket("open", options={"public": True})
        bucket = storage.from_("open")
        bucket.upload("a b.txt", b"hello")
        assert fetched(bucket.get_public_url("a b.txt", options)) == (200, b"hello")

    def test_transformed(self, storage: Any) -> None:
        storage.create_bucket("open", options={"public": True})
        bucket = storage.from_("open")
        bucket.upload("a.png", PNG, {"content-type": "image/png"})
        options = {"transform": {"width": 4, "height": 4, "resize": "contain", "quality": 50}}
        direct = bucket.download("a.png", options)
        assert direct != PNG
        assert fetched(bucket.get_public_url("a.png", options)) == (200, direct)
        assert fetched(bucket.create_signed_url("a.png", 60, options)["signedUrl"])[0] == 200


class TestLists:
    """list and list_v2."""

    def test_list(self, files: Any) -> None:
        assert [one["name"] for one in files.list()] == ["a.txt", "folder"]
        options = {"limit": 1, "offset": 1, "sortBy": {"column": "name", "order": "desc"}}
        assert [one["name"] for one in files.list("folder", options)] == ["b.txt"]
        assert [one["name"] for one in files.list("folder", {"search": "d"})] == ["deep"]

    def test_list_v2(self, files: Any) -> None:
        seen = files.list_v2()
        assert [one.name for one in seen.objects] == ["a.txt", "folder/b.txt", "folder/deep/c.txt"]
        options = {"with_delimiter": True, "limit": 1, "prefix": "folder/"}
        first = files.list_v2(options)
        assert (first.hasNext, first.objects[0].key) == (True, "b.txt")
        second = files.list_v2({**options, "cursor": first.nextCursor})
        assert (second.hasNext, second.folders[0].name) == (False, "folder/deep/")


class TestChanges:
    """move, copy, remove."""

    def test_move(self, files: Any) -> None:
        assert files.move("a.txt", "moved.txt")["message"] == "Successfully moved"
        assert files.download("moved.txt") == b"hello"
        assert files.exists("a.txt") is False

    def test_copy(self, files: Any) -> None:
        assert files.copy("a.txt", "copied.txt")["Key"] == "files/copied.txt"
        assert files.download("copied.txt") == files.download("a.txt") == b"hello"

    def test_remove(self, files: Any) -> None:
        gone = files.remove(["a.txt", "none", "folder/b.txt"])
        assert sorted(one["name"] for one in gone) == ["a.txt", "folder/b.txt"]
        assert [one["name"] for one in files.list()] == ["folder"]


def in_async(backend: SupabaseBackend, act: Callable[[Any], Awaitable[None]]) -> None:
    """Run ``act`` with the storage of an asynchronous client that has the secret key."""

    async def run() -> None:
        options = AsyncClientOptions(auto_refresh_token=False)
        client = await acreate_client(backend.url, backend.secret_key, options)
        try:
            await act(client.storage)
        finally:
            await client.storage.session.aclose()
            await client.auth.close()

    # In a thread of its own: Playwright's synchronous interface, which earlier tests have used,
    # leaves its event loop running in this one.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(run())).result()


class TestAsync:
    """The asynchronous client: the same requests, each once."""

    def test_buckets(self, backend: SupabaseBackend) -> None:
        async def act(storage: Any) -> None:
            await storage.create_bucket("files", options={"public": True})
            assert (await storage.get_bucket("files")).public is True
            assert "files" in [bucket.id for bucket in await storage.list_buckets()]
            await storage.update_bucket("files", {"public": False})
            await storage.empty_bucket("files")
            await storage.delete_bucket("files")
            with pytest.raises(StorageApiError):
                await storage.get_bucket("files")

        in_async(backend, act)

    def test_files(self, backend: SupabaseBackend, tmp_path: Path) -> None:
        async def act(storage: Any) -> None:
            await storage.create_bucket("files")
            bucket = storage.from_("files")
            await bucket.upload("a.txt", b"hello", CSS)
            await bucket.update("a.txt", _as_path(tmp_path), CSS)
            assert await bucket.download("a.txt") == b"hello"
            assert (await bucket.info("a.txt"))["content_type"] == "text/css"
            assert await bucket.exists("a.txt") is True
            assert await bucket.exists("none") is False
            await bucket.copy("a.txt", "b.txt")
            await bucket.move("b.txt", "folder/c.txt")
            assert [one["name"] for one in await bucket.list()] == ["a.txt", "folder"]
            assert len((await bucket.list_v2()).objects) == 2
            gone = await bucket.remove(["a.txt"])
            assert [one["name"] for one in gone] == ["a.txt"]

        in_async(backend, act)

    def test_urls(self, backend: SupabaseBackend) -> None:
        async def act(storage: Any) -> None:
            await storage.create_bucket("files", options={"public": True})
            bucket = storage.from_("files")
            signed = await bucket.create_signed_upload_url("a b.txt")
            await bucket.upload_to_signed_url("a b.txt", signed["token"], b"hello")
            urls = [
                (await bucket.create_signed_url("a b.txt", 60))["signedUrl"],
                (await bucket.create_signed_urls(["a b.txt"], 60))[0]["signedUrl"],
                await bucket.get_public_url("a b.txt"),
            ]
            assert [fetched(url) for url in urls] == [(200, b"hello")] * 3

        in_async(backend, act)


def test_every_method_is_called() -> None:
    """A newer client with another method fails here until the method is tested."""
    from storage3._sync.bucket import SyncStorageBucketAPI
    from storage3._sync.file_api import SyncBucketActionsMixin

    written = Path(__file__).read_text()
    for kind in (SyncStorageBucketAPI, SyncBucketActionsMixin):
        for name in vars(kind):
            if not name.startswith("_"):
                assert f".{name}(" in written or f'"{name}"' in written, name
