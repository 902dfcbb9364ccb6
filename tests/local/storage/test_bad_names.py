"""Names that somebody should not have given a file."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import Storage, assert_refused, files_on_disk, sql

TAKEN = (
    *(
        "a b.txt",
        "a+b",
        "a&b=c",
        "a'b",
        "(a)",
        "$a@b;c:d,e?f",
        "!a*b",
        "...",
        "..a",
        "a..",
        ".hidden",
    ),
    *("d//x", "d/", "CON", "nul.txt", "COM1", "LPT9.log", "aux/prn", "a.", "a ", " a", "-rf", "--"),
    *("a" * 200, "a/" * 400 + "x", "f.tar.gz", "sign/x", "public/x", "authenticated/y", "info/z"),
)
REFUSED = (
    *("ü.txt", "名.txt", "😀.png", "a#b", "a%b", "a[b", "a]b", "a~b", "a\\b", "..\\..\\x", "a\tb"),
    *("a\nb", "a\rb", "a\x01b", "a\x7fb", "a|b", "a<b>", 'a"b', "a^b", "a`b", "a{b}", "\u202etxt"),
    *("e\u0301", "a\u200bb", "\ufeff", "x" * 1025),
)
DOTS = (
    "..",
    ".",
    "../x",
    "a/../b",
    "a/..",
    "./a",
    "a/./b",
    "../../../../etc/passwd",
    "a/../../b1/c",
)


@pytest.mark.parametrize("name", TAKEN)
def test_taken(storage: Storage, name: str) -> None:
    answer = storage.upload(f"b1/{name}", name.encode())
    assert (answer.status, answer.json.get("Key")) == (200, f"b1/{name}"), answer
    assert storage.read(f"b1/{name}") == name.encode()
    listed = storage.post("/object/list-v2/b1", {}).json["objects"]
    assert [one["name"] for one in listed] == [name]
    assert storage.delete("/object/b1", {"prefixes": [name]}).json[0]["name"] == name


def test_leading_slash_stays(storage: Storage) -> None:
    answer = storage.upload("b1//lead.txt")
    assert answer.json["Key"] == "b1//lead.txt"
    assert storage.read("b1//lead.txt") == b"hello"
    assert storage.read("b1/lead.txt") is None


def test_1024_bytes(storage: Storage) -> None:
    name = "x" * 1024
    assert storage.upload(f"b1/{name}").status == 200
    assert storage.read(f"b1/{name}") == b"hello"


@pytest.mark.parametrize("name", REFUSED)
def test_refused(backend: SupabaseBackend, storage: Storage, name: str) -> None:
    answer = storage.upload(f"b1/{name}")
    assert_refused(answer, 400, "InvalidKey", f"Invalid key: {name}", error="InvalidKey")
    assert files_on_disk(backend) == []


@pytest.mark.parametrize("encode", [lambda name: name, lambda name: quote(name, safe="")])
@pytest.mark.parametrize("name", DOTS)
def test_dot_segments(
    backend: SupabaseBackend, storage: Storage, name: str, encode: object
) -> None:
    sent = encode(name).replace(".", "%2e") if encode(name) != name else name  # type: ignore[operator]
    answer = storage.call("POST", f"/object/b1/{sent}", body=b"hello")
    assert (answer.status, answer.json["code"]) == (400, "InvalidKey"), answer
    assert files_on_disk(backend) == []
    assert storage.get(f"/object/b1/{sent}").status == 400


@pytest.mark.parametrize("path", ["/object/b1/%", "/object/b1/%zz", "/object/b1/a%2", "/bucket/%"])
def test_malformed_escape(storage: Storage, path: str) -> None:
    answer = storage.get(path)
    assert (answer.status, answer.json["statusCode"] in ("400", "404")) == (400, True), answer


@pytest.mark.parametrize("raw", ["%ff", "%c0%af", "%ed%a0%80", "%f4%90%80%80", "%00", "a%00b"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "HEAD"])
def test_path_that_is_no_text(storage: Storage, raw: str, method: str) -> None:
    for path in (f"/object/b1/{raw}", f"/object/{raw}/a", f"/object/info/b1/{raw}"):
        answer = storage.call(method, path, body=b"x" if method in ("POST", "PUT") else None)
        assert answer.status in (400, 404), (path, str(answer))


@pytest.mark.parametrize("path", ["/bucket/%00", "/bucket?search=%00", "/bucket?search=%ff"])
def test_bucket_that_is_no_text(service: Storage, path: str) -> None:
    answer = service.get(path)
    assert answer.status in (200, 400), answer


def test_encoded_slash_is_one(storage: Storage) -> None:
    storage.call("POST", "/object/b1/f%2Fa.txt", body=b"hello")
    assert storage.read("b1/f/a.txt") == b"hello"


def test_disk_knows_no_names(backend: SupabaseBackend, storage: Storage) -> None:
    storage.keep("b1/nul.txt", "b1/a/b/c", "pub/..a")
    for path in files_on_disk(backend):
        folder, prefix, version = path.split("/")
        assert folder == "objects"
        assert version.startswith(prefix)
        assert len(version) == 36


def test_version_by_hand_does_not_lead_out(backend: SupabaseBackend, storage: Storage) -> None:
    """Whoever may write rows of `storage.objects` must not read other files with them."""
    storage.keep("b1/a")
    sql(backend, "update storage.objects set version = '../../../../../../etc/passwd'")
    answer = storage.get("/object/b1/a")
    assert_refused(answer, 404, "NoSuchKey")
    body = {"bucketId": "b1", "sourceKey": "a", "destinationKey": "b"}
    assert_refused(storage.post("/object/copy", body), 404, "NoSuchKey")


def test_version_by_hand_deletes_no_other_file(backend: SupabaseBackend, storage: Storage) -> None:
    storage.keep("b1/a")
    victim = backend.storage_folder.parent / f"{backend.storage_folder.name}-victim"
    victim.write_text("precious")
    try:
        sql(backend, f"update storage.objects set version = '../{victim.name}'")
        storage.delete("/object/b1/a")
        sql(backend, f"update storage.objects set version = '{victim}'")
        storage.upload("b1/a", b"x", method="PUT")
        assert victim.read_text() == "precious"
    finally:
        victim.unlink()
