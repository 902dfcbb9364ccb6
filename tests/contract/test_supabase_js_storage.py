"""@supabase/supabase-js: every method of its `storage`."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
import urllib3

from hipflask.testing import SupabaseBackend
from tests.contract.js_client import JsClient
from tests.contract.pictures import PNG

FILES = "storage.from(files)"
BODIES = (
    *("string", "ArrayBuffer", "Uint8Array", "DataView", "Buffer", "Blob", "File", "FormData"),
    *("ReadableStream", "NodeStream", "URLSearchParams"),
)


def body(kind: str = "Blob", text: str = "hello", content_type: str = "text/css") -> dict[str, str]:
    """Return what client.mjs turns into a body of a kind."""
    return {"$body": kind, "text": text, "type": content_type}


def content(data: Any) -> bytes:
    """Return the bytes that came back."""
    return b64decode(data["$bytes"])


def fetched(url: str) -> tuple[int, bytes]:
    """Open a URL as a browser would, without any key."""
    with urllib3.PoolManager() as http:
        answer = http.request("GET", url)
        return answer.status, answer.data


@pytest.fixture
def storage(js_admin: JsClient) -> JsClient:
    """A client with the secret key, and a private bucket `files`."""
    js_admin("storage.createBucket", "files", {"public": False})
    return js_admin


@pytest.fixture
def kept(storage: JsClient) -> JsClient:
    """The same with three files."""
    for name in ("a.txt", "folder/b.txt", "folder/deep/c.txt"):
        storage(f"{FILES}.upload", name, body())
    return storage


class TestBuckets:
    """storage.createBucket and its kin."""

    def test_create(self, js_admin: JsClient) -> None:
        options = {"public": True, "fileSizeLimit": "1MB", "allowedMimeTypes": ["image/*"]}
        assert js_admin("storage.createBucket", "new", options) == {"name": "new"}
        seen = js_admin("storage.getBucket", "new")
        assert (seen["id"], seen["public"], seen["owner"]) == ("new", True, "")
        assert seen["file_size_limit"] == 1_000_000
        assert seen["allowed_mime_types"] == ["image/*"]

    def test_second_of_a_name(self, storage: JsClient) -> None:
        error = storage.error("storage.createBucket", "files")
        assert (error["status"], error["statusCode"]) == (400, "409")
        assert error["message"] == "The resource already exists"

    def test_get_of_a_missing_one(self, js_admin: JsClient) -> None:
        error = js_admin.error("storage.getBucket", "none")
        assert (error["statusCode"], error["message"]) == ("404", "Bucket not found")

    def test_list(self, storage: JsClient) -> None:
        storage("storage.createBucket", "zebra")
        assert {"files", "zebra"} <= {one["id"] for one in storage("storage.listBuckets")}
        options = {"search": "zeb", "limit": 1, "sortColumn": "name", "sortOrder": "desc"}
        (found,) = storage("storage.listBuckets", options)
        assert (found["id"], found["type"]) == ("zebra", "STANDARD")

    def test_update(self, storage: JsClient) -> None:
        options = {"public": True, "fileSizeLimit": None}
        answer = storage("storage.updateBucket", "files", options)
        assert answer == {"message": "Successfully updated"}
        assert storage("storage.getBucket", "files")["public"] is True

    def test_empty_and_delete(self, kept: JsClient) -> None:
        assert kept.error("storage.deleteBucket", "files")["statusCode"] == "409"
        assert "queued" in kept("storage.emptyBucket", "files")["message"]
        assert kept("storage.deleteBucket", "files") == {"message": "Successfully deleted"}

    def test_purge_cache(self, kept: JsClient) -> None:
        assert kept("storage.purgeBucketCache", "files") == {"message": "success"}
        assert kept(f"{FILES}.purgeCache", "a.txt", {"transformations": True})

    def test_visitor_may_nothing(self, js: JsClient, storage: JsClient) -> None:
        assert js("storage.listBuckets") == []
        assert js.error("storage.createBucket", "mine")["statusCode"] == "403"
        assert js.error("storage.emptyBucket", "files")["status"] == 403


class TestUploads:
    """upload, update, and to a signed URL."""

    @pytest.mark.parametrize("kind", BODIES)
    @pytest.mark.parametrize("method", ["upload", "update"])
    def test_each_kind_of_body(self, storage: JsClient, kind: str, method: str) -> None:
        text = "a=1&b=2" if kind == "URLSearchParams" else "grüße"
        options = {"contentType": "text/css", "cacheControl": "60", "metadata": {"n": {"m": 1}}}
        made = storage(f"{FILES}.{method}", "f/a.txt", body(kind, text), options)
        assert made["path"] == "f/a.txt"
        assert made["fullPath"] == "files/f/a.txt"
        assert content(storage(f"{FILES}.download", "f/a.txt")) == text.encode()
        info = storage(f"{FILES}.info", "f/a.txt")
        assert info["id"] == made["id"]
        assert (info["cacheControl"], info["contentType"]) == ("max-age=60", "text/css")
        assert info["metadata"] == {"n": {"m": 1}}

    def test_second_wants_upsert(self, kept: JsClient) -> None:
        error = kept.error(f"{FILES}.upload", "a.txt", body(text="other"))
        assert (error["status"], error["statusCode"]) == (400, "409")
        kept(f"{FILES}.upload", "a.txt", body(text="other"), {"upsert": True})
        assert content(kept(f"{FILES}.download", "a.txt")) == b"other"

    @pytest.mark.parametrize("kind", ["string", "Blob", "FormData", "ReadableStream"])
    def test_signed(self, storage: JsClient, js: JsClient, kind: str) -> None:
        signed = storage(f"{FILES}.createSignedUploadUrl", "up.txt")
        assert (signed["path"], bool(signed["token"])) == ("up.txt", True)
        options = {"contentType": "text/css", "cacheControl": "9", "metadata": {"a": "b"}}
        method = f"{FILES}.uploadToSignedUrl"
        made = js(method, "up.txt", signed["token"], body(kind), options)
        assert made == {"path": "up.txt", "fullPath": "files/up.txt"}
        assert content(storage(f"{FILES}.download", "up.txt")) == b"hello"
        assert storage(f"{FILES}.info", "up.txt")["metadata"] == {"a": "b"}
        error = js.error(method, "up.txt", signed["token"], body(kind))
        assert error["statusCode"] == "409"

    def test_signed_with_upsert(self, kept: JsClient, js: JsClient) -> None:
        assert kept.error(f"{FILES}.createSignedUploadUrl", "a.txt")["statusCode"] == "409"
        signed = kept(f"{FILES}.createSignedUploadUrl", "a.txt", {"upsert": True})
        js(f"{FILES}.uploadToSignedUrl", "a.txt", signed["token"], body(text="other"))
        assert content(kept(f"{FILES}.download", "a.txt")) == b"other"

    def test_bad_name(self, storage: JsClient) -> None:
        error = storage.error(f"{FILES}.upload", "名.txt", body())
        assert (error["statusCode"], error["message"]) == ("400", "Invalid key: 名.txt")

    def test_too_large(self, js_admin: JsClient) -> None:
        js_admin("storage.createBucket", "files", {"public": False, "fileSizeLimit": 3})
        error = js_admin.error(f"{FILES}.upload", "a", body())
        assert error["statusCode"] == "413"


class TestDownloads:
    """download, info, exists, and every kind of URL."""

    def test_blob_has_its_type(self, kept: JsClient) -> None:
        data = kept(f"{FILES}.download", "folder/b.txt")
        assert (content(data), data["type"]) == (b"hello", "text/css")

    def test_stream(self, kept: JsClient) -> None:
        assert content(kept(f"{FILES}.download>asStream", "folder/b.txt")) == b"hello"

    def test_missing(self, kept: JsClient) -> None:
        for method in ("download", "download>asStream", "info"):
            error = kept.error(f"{FILES}.{method}", "none")
            assert error["status"] == 400, method

    def test_exists(self, kept: JsClient) -> None:
        assert kept(f"{FILES}.exists", "a.txt") is True
        answer = kept.node.call(kept.name, f"{FILES}.exists", ["none"])
        assert answer["data"] is False

    def test_info(self, kept: JsClient) -> None:
        info = kept(f"{FILES}.info", "folder/b.txt")
        assert (info["name"], info["bucketId"], info["size"]) == ("folder/b.txt", "files", 5)
        assert info["createdAt"]
        assert info["lastModified"]
        assert info["etag"].startswith('"')

    @pytest.mark.parametrize("download", [None, True, "näme.txt"])
    def test_signed(self, kept: JsClient, download: Any) -> None:
        options = {"download": download} if download else {}
        url = kept(f"{FILES}.createSignedUrl", "folder/b.txt", 60, options)["signedUrl"]
        assert fetched(url) == (200, b"hello")
        assert ("download=" in url) is bool(download)

    def test_signed_with_a_blank(self, storage: JsClient) -> None:
        storage(f"{FILES}.upload", "a b (1).txt", body())
        url = storage(f"{FILES}.createSignedUrl", "a b (1).txt", 60)["signedUrl"]
        assert fetched(url) == (200, b"hello")

    def test_signed_many(self, kept: JsClient) -> None:
        seen = kept(f"{FILES}.createSignedUrls", ["a.txt", "none", "folder/b.txt"], 60)
        assert [one["path"] for one in seen] == ["a.txt", "none", "folder/b.txt"]
        assert [bool(one["error"]) for one in seen] == [False, True, False]
        assert fetched(seen[2]["signedUrl"]) == (200, b"hello")
        assert seen[1]["signedUrl"] is None

    def test_signed_expires(self, kept: JsClient, backend: SupabaseBackend) -> None:
        url = kept(f"{FILES}.createSignedUrl", "a.txt", 60)["signedUrl"]
        backend.clock.advance(minutes=2)
        assert fetched(url)[0] == 400

    def test_public(self, js_admin: JsClient, js: JsClient) -> None:
        js_admin("storage.createBucket", "open", {"public": True})
        js_admin("storage.from(open).upload", "a b.txt", body())
        for options in ({}, {"download": True}, {"download": "x.txt"}, {"cacheNonce": "1"}):
            answer = js.node.call(js.name, "storage.from(open).getPublicUrl", ["a b.txt", options])
            assert fetched(answer["data"]["publicUrl"]) == (200, b"hello")

    def test_transformed(self, js_admin: JsClient, backend: SupabaseBackend) -> None:
        js_admin("storage.createBucket", "open", {"public": True})
        with urllib3.PoolManager() as http:
            headers = {"apikey": backend.secret_key, "Content-Type": "image/png"}
            address = f"{backend.url}/storage/v1/object/open/a.png"
            assert http.request("POST", address, body=PNG, headers=headers).status == 200
        options = {"transform": {"width": 4, "height": 4, "resize": "contain", "quality": 50}}
        opened = "storage.from(open)"
        public = js_admin.node.call(js_admin.name, f"{opened}.getPublicUrl", ["a.png", options])
        signed = js_admin(f"{opened}.createSignedUrl", "a.png", 60, options)
        direct = content(js_admin(f"{opened}.download", "a.png", options))
        assert direct != PNG
        assert fetched(public["data"]["publicUrl"]) == (200, direct)
        assert fetched(signed["signedUrl"]) == (200, direct)


class TestLists:
    """list and listV2."""

    def test_list(self, kept: JsClient) -> None:
        assert [one["name"] for one in kept(f"{FILES}.list")] == ["a.txt", "folder"]
        options = {
            "limit": 1,
            "offset": 0,
            "sortBy": {"column": "name", "order": "desc"},
            "search": "b",
        }
        (found,) = kept(f"{FILES}.list", "folder", options)
        assert (found["name"], found["metadata"]["mimetype"]) == ("b.txt", "text/css")

    def test_list_v2(self, kept: JsClient) -> None:
        seen = kept(f"{FILES}.listV2")
        assert [one["name"] for one in seen["objects"]] == [
            *("a.txt", "folder/b.txt", "folder/deep/c.txt")
        ]
        options = {"with_delimiter": True, "limit": 1, "prefix": "folder/"}
        first = kept(f"{FILES}.listV2", options)
        assert (first["hasNext"], first["objects"][0]["key"]) == (True, "b.txt")
        second = kept(f"{FILES}.listV2", options | {"cursor": first["nextCursor"]})
        assert (second["hasNext"], second["folders"][0]["name"]) == (False, "folder/deep/")


class TestChanges:
    """move, copy, remove."""

    @pytest.mark.parametrize("to", [None, "elsewhere"])
    def test_move(self, kept: JsClient, to: str | None) -> None:
        kept("storage.createBucket", "elsewhere")
        options = {"destinationBucket": to} if to else {}
        answer = kept(f"{FILES}.move", "a.txt", "moved.txt", options)
        assert answer["message"] == "Successfully moved"
        bucket = f"storage.from({to or 'files'})"
        assert content(kept(f"{bucket}.download", "moved.txt")) == b"hello"
        assert kept.error(f"{FILES}.download", "a.txt")

    @pytest.mark.parametrize("to", [None, "elsewhere"])
    def test_copy(self, kept: JsClient, to: str | None) -> None:
        kept("storage.createBucket", "elsewhere")
        options = {"destinationBucket": to} if to else {}
        answer = kept(f"{FILES}.copy", "a.txt", "copied.txt", options)
        assert answer == {"path": f"{to or 'files'}/copied.txt"}
        bucket = f"storage.from({to or 'files'})"
        assert content(kept(f"{bucket}.download", "copied.txt")) == b"hello"
        assert content(kept(f"{FILES}.download", "a.txt")) == b"hello"

    def test_remove(self, kept: JsClient) -> None:
        gone = kept(f"{FILES}.remove", ["a.txt", "none", "folder/b.txt"])
        assert sorted(one["name"] for one in gone) == ["a.txt", "folder/b.txt"]
        assert [one["name"] for one in kept(f"{FILES}.list")] == ["folder"]


def test_users_files_under_policies(
    js: JsClient, storage: JsClient, backend: SupabaseBackend
) -> None:
    import psycopg

    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        connection.execute(
            "create policy own on storage.objects for all to authenticated"
            " using (bucket_id = 'files' and"
            " (storage.foldername(name))[1] = (select auth.uid())::text)"
        )
    session = backend.signed_in("ann@example.com")
    tokens = {"access_token": session.access_token, "refresh_token": session.refresh_token}
    js("auth.setSession", tokens)
    mine = f"{session.user.id}/a.txt"
    js(f"{FILES}.upload", mine, body())
    assert content(js(f"{FILES}.download", mine)) == b"hello"
    assert js.error(f"{FILES}.upload", "elsewhere/a.txt", body())["statusCode"] == "403"
    js("auth.signOut")
    assert js.error(f"{FILES}.download", mine)
