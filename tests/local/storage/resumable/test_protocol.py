"""What TUS 1.0.0 asks for, and Supabase Storage's own words."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from hipflask.testing import MovableClock, SupabaseBackend
from tests.local.storage.resumable.conftest import Bucket
from tests.local.storage.resumable.tus import CHUNK, PATH, Tus, encoded

TEXT = b"hello resumable world"


def test_tells_what_it_can_without_a_key(backend: SupabaseBackend) -> None:
    reply = Tus(backend.url, {}).ask("OPTIONS", PATH, Tus_Resumable=None)
    assert reply.status == 204
    assert reply.headers["tus-version"] == reply.headers["tus-resumable"] == "1.0.0"
    assert reply.headers["tus-extension"] == (
        "creation,creation-with-upload,creation-defer-length,termination,expiration"
    )
    assert reply.headers["tus-max-size"] == str(backend.config.storage.file_size_limit)


def test_uploads_in_two_parts(admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(len(TEXT))
    first = admin.patch(url, 0, TEXT[:5])
    assert (first.status, first.offset) == (204, 5)
    assert "upload-expires" in first.headers
    assert not bucket.has("a.txt")
    second = admin.patch(url, 5, TEXT[5:])
    assert (second.status, second.offset) == (204, len(TEXT))
    assert second.headers["tus-complete"] == "1"
    assert "upload-expires" not in second.headers
    assert bucket.content("a.txt") == TEXT


def test_makes_the_row_of_an_upload(admin: Tus, bucket: Bucket, clock: MovableClock) -> None:
    metadata = {"cacheControl": "3600", "metadata": json.dumps({"kind": "note"})}
    url = admin.begin(len(TEXT), metadata=metadata)
    admin.patch(url, 0, TEXT)
    row = bucket.row("a.txt")
    last_modified = row["metadata"].pop("lastModified")
    assert last_modified[:16] == clock.now().isoformat()[:16]
    assert row["metadata"] == {
        "eTag": f'"{hashlib.md5(TEXT).hexdigest()}"',
        "size": len(TEXT),
        "mimetype": "text/plain",
        "cacheControl": "max-age=3600",
        "contentLength": len(TEXT),
        "httpStatusCode": 200,
    }
    assert row["user_metadata"] == {"kind": "note"}
    assert base64.urlsafe_b64decode(url.rpartition("/")[2] + "==").decode() == (
        f"shelf/a.txt/{row['version']}"
    )


def test_address_is_absolute(admin: Tus) -> None:
    assert admin.begin(3).startswith(f"{admin.url}{PATH}/")


def test_address_is_the_proxys(admin: Tus) -> None:
    url = admin.begin(
        3,
        X_Forwarded_Host="shop.example",
        X_Forwarded_Proto="https",
        X_Forwarded_Prefix="/api/",
    )
    assert url.startswith("https://shop.example/api/storage/v1/upload/resumable/")


def test_address_has_the_proxys_port(admin: Tus) -> None:
    url = admin.begin(3, X_Forwarded_Host="shop.example:80", X_Forwarded_Port="8443")
    assert url.startswith("http://shop.example:8443/")


def test_address_is_never_somebodys_invention(admin: Tus) -> None:
    url = admin.begin(3, X_Forwarded_Host="evil.example/x y", X_Forwarded_Prefix="//evil")
    assert url.startswith(f"{admin.url}{PATH}/")


def test_head_tells_everything(admin: Tus) -> None:
    url = admin.begin(len(TEXT), metadata={"cacheControl": "60"})
    admin.patch(url, 0, TEXT[:4])
    reply = admin.head(url)
    assert (reply.status, reply.offset, reply.body) == (200, 4, b"")
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["upload-length"] == str(len(TEXT))
    assert encoded({"cacheControl": "max-age=60"}) in reply.headers["upload-metadata"]
    assert encoded({"objectName": "a.txt"}) in reply.headers["upload-metadata"]


def test_head_answers_after_the_end(admin: Tus) -> None:
    url = admin.create(len(TEXT), body=TEXT).location
    assert (admin.head(url).status, admin.head(url).offset) == (200, len(TEXT))


def test_creation_takes_the_first_bytes(admin: Tus, bucket: Bucket) -> None:
    reply = admin.create(len(TEXT), body=TEXT[:7])
    assert (reply.status, reply.offset) == (201, 7)
    admin.patch(reply.location, 7, TEXT[7:])
    assert bucket.content("a.txt") == TEXT


def test_creation_takes_the_whole_file(admin: Tus, bucket: Bucket) -> None:
    reply = admin.create(len(TEXT), body=TEXT)
    assert (reply.status, reply.offset, reply.headers["tus-complete"]) == (201, len(TEXT), "1")
    assert bucket.content("a.txt") == TEXT
    assert [name for name in bucket.shelved if not name.endswith(".json")] == []


def test_empty_file_is_whole_at_creation(admin: Tus, bucket: Bucket) -> None:
    assert admin.create(0).headers["tus-complete"] == "1"
    assert bucket.content("a.txt") == b""


def test_length_may_come_later(admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(None)
    assert admin.head(url).headers["upload-defer-length"] == "1"
    assert admin.patch(url, 0, TEXT[:5]).offset == 5
    last = admin.patch(url, 5, TEXT[5:], Upload_Length=str(len(TEXT)))
    assert last.headers["tus-complete"] == "1"
    assert bucket.content("a.txt") == TEXT


def test_length_comes_once(admin: Tus) -> None:
    url = admin.begin(9)
    assert admin.patch(url, 0, b"x", Upload_Length="9").status == 400


def test_chunked_body_is_taken(admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(len(TEXT))
    assert admin.patch(url, 0, iter([TEXT[:5], TEXT[5:]])).offset == len(TEXT)
    assert bucket.content("a.txt") == TEXT


def test_terminated_upload_is_gone(admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(9)
    admin.patch(url, 0, b"x")
    assert admin.delete(url).status == 204
    assert bucket.shelved == []
    for reply in (admin.head(url), admin.patch(url, 1, b"y"), admin.delete(url)):
        assert reply.status == 404
    assert admin.delete(url).text == "The file for this url was not found\n"


def test_finished_upload_cannot_be_touched(admin: Tus, bucket: Bucket) -> None:
    url = admin.create(len(TEXT), body=TEXT).location
    assert admin.patch(url, len(TEXT), b"").status == 409
    assert admin.delete(url).status == 409
    assert admin.delete(url, X_Upsert="true").status == 400
    assert bucket.content("a.txt") == TEXT


@pytest.mark.parametrize("method", ["PATCH", "HEAD", "DELETE"])
def test_methods_travel_in_a_header(admin: Tus, method: str) -> None:
    url = admin.begin(3)
    reply = admin.ask(
        "POST",
        url,
        b"abc" if method == "PATCH" else None,
        X_HTTP_Method_Override=method,
        Upload_Offset="0",
        Content_Type=CHUNK,
    )
    assert reply.status == (200 if method == "HEAD" else 204)


def test_wrong_offset_changes_nothing(admin: Tus) -> None:
    url = admin.begin(9)
    admin.patch(url, 0, b"abc")
    for offset in (0, 2, 4):
        reply = admin.patch(url, offset, b"xyz")
        assert (reply.status, reply.text) == (409, "Upload-Offset conflict\n")
    assert admin.head(url).offset == 3


def test_more_than_announced_is_refused(admin: Tus) -> None:
    url = admin.begin(3)
    reply = admin.patch(url, 0, b"abcd")
    assert (reply.status, reply.text) == (413, "upload's size exceeded\n")
    assert admin.patch(url, 0, iter([b"abcd"])).status == 413
    assert admin.head(url).offset == 0


@pytest.mark.parametrize(
    ("headers", "status", "text"),
    [
        ({"Tus-Resumable": None}, 412, "Tus-Resumable Required\n"),
        ({"Tus-Resumable": "0.2.2"}, 400, "Invalid tus-resumable\n"),
        ({"Upload-Length": "-1"}, 400, "Invalid upload-length\n"),
        ({"Upload-Length": "07"}, 400, "Invalid upload-length\n"),
        ({"Upload-Length": None}, 400, "Upload-Length or Upload-Defer-Length header required\n"),
        (
            {"Upload-Defer-Length": "1"},
            400,
            "Upload-Length or Upload-Defer-Length header required\n",
        ),
        ({"Upload-Defer-Length": "2"}, 400, "Invalid upload-defer-length\n"),
        ({"Upload-Metadata": None}, 400, "Metadata header is required"),
        ({"Upload-Metadata": "bucketName !!!"}, 400, "Invalid upload-metadata\n"),
        ({"Upload-Metadata": "a,a"}, 400, "Invalid upload-metadata\n"),
        ({"Upload-Metadata": encoded({"objectName": "x"})}, 400, "Bucket name invalid"),
        (
            {"Upload-Metadata": encoded({"bucketName": "none", "objectName": "x"})},
            404,
            "Bucket not found",
        ),
        (
            {"Upload-Metadata": encoded({"bucketName": "shelf", "objectName": "bad#x"})},
            400,
            "Invalid key: bad#x",
        ),
    ],
)
def test_refuses_to_create(admin: Tus, headers: dict[str, str], status: int, text: str) -> None:
    reply = admin.create(3, **headers)
    assert (reply.status, reply.text) == (status, text)
    assert reply.headers["content-type"] == "text/plain;charset=UTF-8"
    assert reply.headers["tus-resumable"] == "1.0.0"


def test_parallel_parts_are_refused(admin: Tus) -> None:
    assert admin.create(3, Upload_Concat="partial").status == 501


@pytest.mark.parametrize(
    ("headers", "status", "text"),
    [
        ({"Upload-Offset": None}, 403, "Upload-Offset header required\n"),
        ({"Upload-Offset": "x"}, 400, "Invalid upload-offset\n"),
        ({"Content-Type": None}, 403, "Content-Type header required\n"),
        ({"Content-Type": "text/plain"}, 400, "Invalid content-type\n"),
    ],
)
def test_refuses_to_go_on(admin: Tus, headers: dict[str, str], status: int, text: str) -> None:
    reply = admin.patch(admin.begin(3), 0, b"abc", **headers)
    assert (reply.status, reply.text) == (status, text)


@pytest.mark.parametrize(
    "text", ["shelf/a.txt", "shelf/a.txt/../../../../x", "shelf/a.txt/", "shelf/../a/b", "x"]
)
def test_rubbish_is_no_address(admin: Tus, text: str) -> None:
    address = base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    assert admin.head(f"{PATH}/{address}").status == 400
    assert admin.head(f"{PATH}/%%%").status == 400


def test_unknown_methods_have_no_route(admin: Tus) -> None:
    for method, path in (("GET", PATH), ("PATCH", PATH), ("GET", f"{PATH}/x")):
        reply = admin.ask(method, path)
        assert reply.status == 404
        assert json.loads(reply.body)["message"].startswith(f"Route {method}:/upload/resumable")


def test_bad_key_is_told_as_json(backend: SupabaseBackend, bucket: Bucket) -> None:
    nobody = Tus(backend.url, {})
    forger = Tus(backend.url, {"Authorization": "Bearer a.b.c"})
    for reply in (nobody.create(3), forger.create(3)):
        assert reply.status == 400
        assert json.loads(reply.body)["statusCode"] == "403"
    assert nobody.head(f"{PATH}/x").status == 400
