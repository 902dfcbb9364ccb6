"""A bucket against the embedded Storage, as the service: what goes in comes out."""

from __future__ import annotations

import hashlib
import io
import os
import tracemalloc
from collections.abc import Callable
from datetime import UTC, timedelta
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import urllib3
from flask import Response
from PIL import Image
from werkzeug.test import Client

from hipflask import errors
from hipflask.kit.storage import Bucket, Transform, object_name
from hipflask.testing import SupabaseBackend
from tests.kit.storage.conftest import Site

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def names(bucket: Bucket, folder: str = "", **asked: str | int) -> list[str]:
    page = bucket.list(folder, **asked)  # type: ignore[arg-type]
    return [entry.name for entry in (*page.folders, *page.objects)]


def test_bytes_come_back(files: Bucket) -> None:
    stored = files.put("a/b.png", PNG)
    assert (stored.bucket, stored.name, stored.size) == ("files", "a/b.png", len(PNG))
    assert stored.content_type == "image/png"
    assert files.get("a/b.png") == PNG
    assert files.info("a/b.png").id == stored.id


@pytest.mark.parametrize(
    "name", ["a b", "!*'() &$=@;:+,?-._", "a?b=c&d", "x+y%20z".replace("%", "")]
)
def test_a_name_full_of_signs(files: Bucket, name: str) -> None:
    files.put(name, b"1")
    assert files.get(name) == b"1"
    assert files.info(name).name == name
    assert names(files) == [name]
    assert fetched(files.sign_download(name, 60)).data == b"1"
    files.move(name, "moved")
    files.copy("moved", name)
    assert files.delete([name]) == (name,)


def test_a_file_in_any_language(files: Bucket) -> None:
    files.put("文".encode().hex() + "/" + object_name("报告 v2.pdf"), b"%PDF-1.7")
    (folder,) = files.list().folders
    (entry,) = files.list(folder.name).objects
    assert entry.display_name == "报告 v2.pdf"
    signed = fetched(files.sign_download(entry.name, 60, download_as=entry.display_name))
    assert "filename*=UTF-8''%E6%8A%A5%E5%91%8A%20v2.pdf" in signed.headers["Content-Disposition"]


def test_a_stream_is_stored_without_being_held(files: Bucket) -> None:
    size = 24 * 1024 * 1024

    class Source:
        def __init__(self) -> None:
            self.left, self.digest = size, hashlib.sha256()

        def read(self, count: int = -1, /) -> bytes:
            piece = os.urandom(min(count, self.left))
            self.left -= len(piece)
            self.digest.update(piece)
            return piece

    source, came = Source(), hashlib.sha256()
    tracemalloc.start()
    stored = files.put("large.bin", source, size=size)
    with files.open("large.bin") as download:
        assert download.size == size
        for piece in download:
            came.update(piece)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stored.size == size
    assert came.digest() == source.digest.digest()
    assert peak < 8 * 1024 * 1024  # client and server together, which share this process


def test_a_stream_of_unknown_length_is_stored(files: Bucket) -> None:
    class Pipe:
        source = io.BytesIO(b"x" * 100_000)

        def read(self, size: int = -1, /) -> bytes:
            return self.source.read(min(size, 999))

    assert files.put("piped", Pipe()).size == 100_000
    assert files.info("piped").size == 100_000


def test_nothing_at_all_is_stored(files: Bucket) -> None:
    assert files.put("empty", b"").size == 0
    assert files.get("empty") == b""


def test_what_is_kept_beside_the_bytes(files: Bucket, backend: SupabaseBackend) -> None:
    files.put("a.txt", b"hello", cache_seconds=60, metadata={"title": "报告", "pages": 3})
    info = files.info("a.txt")
    assert (info.bucket, info.name, info.size) == ("files", "a.txt", 5)
    assert info.content_type == "text/plain"
    assert info.cache_control == "max-age=60"
    assert info.metadata == {"title": "报告", "pages": 3}
    assert info.etag == f'"{hashlib.md5(b"hello").hexdigest()}"'
    assert info.created_at is not None
    assert abs(info.created_at - backend.clock.now()) < timedelta(minutes=1)


def test_metadata_has_an_end(files: Bucket) -> None:
    with pytest.raises(ValueError, match="may be sent"):
        files.put("a", b"", metadata={"x": "y" * 9000})


def test_an_object_is_replaced_only_when_asked(files: Bucket) -> None:
    first = files.put("a", b"1")
    with pytest.raises(errors.ObjectExists) as caught:
        files.put("a", b"2")
    assert (caught.value.bucket, caught.value.name) == ("files", "a")
    assert files.get("a") == b"1"
    assert files.put("a", io.BytesIO(b"2"), upsert=True).id == first.id
    assert files.get("a") == b"2"


@pytest.mark.parametrize("declared", ["text/html", "image/svg+xml", None, "text/plain"])
def test_markup_is_kept_as_bytes(files: Bucket, declared: str | None) -> None:
    files.put("page.html", b"<script>alert(1)</script>", content_type=declared)
    served = fetched(files.sign_download("page.html", 60))
    assert served.headers["Content-Type"] == "application/octet-stream"


def test_a_file_of_your_own_keeps_its_type(files: Bucket) -> None:
    files.put("logo.svg", b"<svg/>", content_type="image/svg+xml", as_declared=True)
    assert files.info("logo.svg").content_type == "image/svg+xml"


def test_a_part_of_an_object(files: Bucket) -> None:
    files.put("a", b"0123456789")
    with files.open("a", byte_range=(2, 4)) as part:
        assert (part.status, part.size, part.total) == (206, 3, 10)
        assert part.content_range == "bytes 2-4/10"
        assert part.read() == b"234"
    with files.open("a", byte_range=(7, None)) as part:
        assert list(part) == [b"789"]
    with files.open("a", byte_range="bytes=-2") as part:
        assert part.read(1) + part.read(1) + part.read(1) == b"89"


@pytest.mark.parametrize(
    "wanted", [(10, None), (4, 2), "bytes=0-1,3-4", "items=0-1", "0-1", "bytes=-", "bytes=a-b"]
)
def test_a_part_that_does_not_exist(files: Bucket, wanted: str | tuple[int, int | None]) -> None:
    files.put("a", b"0123456789")
    with pytest.raises(errors.RangeRefused):
        files.open("a", byte_range=wanted)


def test_a_copy_that_the_visitor_has_is_not_sent(files: Bucket) -> None:
    files.put("a", b"hello")
    with files.open("a") as download:
        etag = download.etag
        assert download.last_modified is not None
        assert download.last_modified.tzinfo is UTC
        assert not download.not_modified
    for sent in (etag, f"W/{etag}"):
        with files.open("a", if_none_match=sent) as download:
            assert download.not_modified
            assert download.read() == b""
    with files.open("a", if_none_match='"other"') as download:
        assert download.read() == b"hello"


def test_a_download_is_the_body_of_a_response(site: Site, files: Bucket) -> None:
    files.put("a.png", PNG)

    def show() -> Response:
        download = files.open("a.png")
        return Response(download, mimetype=download.content_type)  # type: ignore[arg-type]

    with site.ask(Client(site.app), show, "/body") as answer:
        assert answer.data == PNG
        assert answer.mimetype == "image/png"


def test_a_download_left_half_way_gives_its_connection_up(files: Bucket) -> None:
    files.put("a", bytes(2_000_000))
    with files.open("a") as download:
        download.read(10)
    assert files.get("a", most=2_000_000) == bytes(2_000_000)


def test_a_limit_on_what_is_held(files: Bucket) -> None:
    files.put("a", b"x" * 11)
    with pytest.raises(errors.TooLarge) as caught:
        files.get("a", most=10)
    assert "11 bytes" in caught.value.message
    assert files.get("a", most=11) == b"x" * 11


def test_what_is_missing(files: Bucket, site: Site) -> None:
    calls: list[Callable[[], object]] = [
        lambda: files.get("none"),
        lambda: files.info("none"),
        lambda: files.move("none", "b"),
        lambda: files.copy("none", "b"),
        lambda: files.sign_download("none", 60),
    ]
    for call in calls:
        with pytest.raises(errors.ObjectNotFound) as caught:
            call()
        assert caught.value.name == "none"
    assert not files.exists("none")
    assert files.delete(["none"]) == ()
    assert files.sign_downloads(["none"], 60) == {}


def test_a_missing_bucket(site: Site, files: Bucket) -> None:
    nowhere = site.hip.storage.as_service().bucket("nowhere")
    for call in (lambda: nowhere.put("a", b""), lambda: nowhere.exists("a")):
        with pytest.raises(errors.BucketNotFound) as caught:
            call()
        assert caught.value.bucket == "nowhere"
    files.put("a", b"")
    with pytest.raises(errors.BucketNotFound) as caught:
        files.copy("a", "a", to_bucket="nowhere")
    assert caught.value.bucket == "nowhere"
    assert names(nowhere) == []


def test_moving_keeps_the_object(files: Bucket) -> None:
    stored = files.put("a", b"1", metadata={"x": 1})
    files.move("a", "b/c")
    assert not files.exists("a")
    assert (files.info("b/c").id, files.info("b/c").metadata) == (stored.id, {"x": 1})


def test_moving_replaces_nothing(files: Bucket) -> None:
    files.put("a", b"1")
    files.put("b", b"2")
    with pytest.raises(errors.ObjectExists) as caught:
        files.move("a", "b")
    assert caught.value.name == "b"
    assert files.get("b") == b"2"


def test_copying(files: Bucket, site: Site) -> None:
    files.put("a", b"1", metadata={"x": 1})
    files.put("b", b"2")
    with pytest.raises(errors.ObjectExists) as caught:
        files.copy("a", "b")
    assert caught.value.name == "b"
    files.copy("a", "b", upsert=True)
    assert files.get("b") == b"1"
    files.copy("a", "c", to_bucket="small")
    small = site.hip.storage.as_service().bucket("small")
    assert small.info("c").metadata == {"x": 1}


def test_deleting_says_what_is_gone(files: Bucket) -> None:
    for name in ("a", "b", "c/d"):
        files.put(name, b"")
    assert set(files.delete(["a", "none", "c/d"])) == {"a", "c/d"}
    assert names(files) == ["b"]
    assert files.delete([]) == ()


def test_deleting_more_than_one_call_takes(files: Bucket, backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into storage.objects (bucket_id, name, version, metadata)"
            " select 'files', 'many/' || n, gen_random_uuid(), '{}' from generate_series(1, 1500) n"
        )
    found = [entry.name for entry in files.walk("many")]
    assert len(found) == 1500
    assert len(files.delete(found)) == 1500
    assert list(files.walk()) == []


def test_a_folder_is_listed(files: Bucket) -> None:
    for name in ("b.txt", "A.txt", "f/x", "f/g/y", "F/z"):
        files.put(name, b"12")
    page = files.list()
    assert [folder.name for folder in page.folders] == ["F/", "f/"]
    assert [entry.name for entry in page.objects] == ["A.txt", "b.txt"]
    assert page.cursor is None
    entry = page.objects[0]
    assert (entry.size, entry.content_type) == (2, "text/plain")
    assert entry.created_at is not None
    assert entry.updated_at is not None
    assert names(files, "f") == names(files, "f/") == ["f/g/", "f/x"]
    assert names(files, "none") == []
    assert [entry.name for entry in files.walk("f")] == ["f/g/y", "f/x"]


@pytest.mark.parametrize("descending", [False, True])
def test_pages_follow_each_other(files: Bucket, descending: bool) -> None:
    every = [f"{number:02}" for number in range(7)]
    for name in every:
        files.put(name, b"")
    seen, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = files.list(limit=3, cursor=cursor, descending=descending)
        seen += [entry.name for entry in page.objects]
        cursor, pages = page.cursor, pages + 1
    assert seen == sorted(every, reverse=descending)
    assert pages == 3


def test_the_newest_first(files: Bucket, backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into storage.objects (bucket_id, name, created_at, updated_at)"
            " select 'files', n::text, now() + n * interval '1 s', now()"
            " from generate_series(1, 3) n"
        )
    assert names(files, sort="created_at", descending=True) == ["3", "2", "1"]  # type: ignore[arg-type]


def test_a_search_whatever_the_case(files: Bucket) -> None:
    shown = ["Report.pdf", "report 2.pdf", "报告.pdf", "other.txt"]
    for name in shown:
        files.put(f"f/{object_name(name)}", b"x")
    files.put("f/reports/a", b"x")
    page = files.list("f", search="REP")
    assert [folder.name for folder in page.folders] == ["f/reports/"]
    assert sorted(entry.display_name for entry in page.objects) == ["Report.pdf", "report 2.pdf"]
    assert [entry.display_name for entry in files.list("f", search="报").objects] == ["报告.pdf"]
    assert files.list("f", search="port").objects == ()
    assert files.list("f", search="%").objects == ()


def test_pages_of_a_search(files: Bucket) -> None:
    for number in range(5):
        files.put(f"a{number}", b"")
    first = files.list(search="A", limit=3)
    assert [entry.name for entry in first.objects] == ["a0", "a1", "a2"]
    second = files.list(search="A", limit=3, cursor=first.cursor)
    assert [entry.name for entry in second.objects] == ["a3", "a4"]
    assert second.cursor is None


@pytest.mark.parametrize("cursor", ["nonsense", "from:x", "from:-1", "from:" + "9" * 30, "é"])
def test_a_made_up_cursor_is_a_bad_request(files: Bucket, cursor: str) -> None:
    with pytest.raises(errors.StorageRefused):
        files.list(search="a", cursor=cursor)
    if not cursor.startswith("from:"):
        with pytest.raises(errors.StorageRefused):
            files.list(cursor=cursor)


def test_the_mark_of_an_empty_folder_is_not_shown(files: Bucket) -> None:
    files.put("f/.emptyFolderPlaceholder", b"")
    assert names(files) == ["f/"]
    assert names(files, "f") == []
    assert files.list("f", search=".").objects == ()
    assert [entry.name for entry in files.walk()] == ["f/.emptyFolderPlaceholder"]


def test_a_signed_address_opens_the_object_for_a_while(
    files: Bucket, backend: SupabaseBackend
) -> None:
    files.put("a.png", PNG)
    address = files.sign_download("a.png", 60)
    assert address.startswith(f"{backend.url}/storage/v1/object/sign/files/a.png?token=")
    assert fetched(address).data == PNG
    backend.clock.advance(seconds=61)
    assert fetched(address).status == 400


def test_a_signed_address_may_save_the_file(files: Bucket) -> None:
    files.put("a.png", PNG)
    shown = fetched(files.sign_download("a.png", 60))
    saved = fetched(files.sign_download("a.png", 60, download_as="my picture.png"))
    assert "Content-Disposition" not in shown.headers
    assert "filename*=UTF-8''my%20picture.png" in saved.headers["Content-Disposition"]


def test_many_signed_addresses(files: Bucket) -> None:
    for name in ("a", "b c?"):
        files.put(name, name.encode())
    signed = files.sign_downloads(["a", "b c?", "none"], 60)
    assert {name: fetched(address).data for name, address in signed.items()} == {
        "a": b"a",
        "b c?": b"b c?",
    }


def test_a_ticket_to_upload(files: Bucket, backend: SupabaseBackend) -> None:
    ticket = files.sign_upload("new file?.txt")
    assert ticket.expires_at is not None
    assert ticket.expires_at > backend.clock.now()
    assert ticket.resumable_url == f"{backend.url}/storage/v1/upload/resumable/sign"
    assert ticket.token not in repr(ticket)
    sent = urllib3.request("PUT", ticket.url, body=b"hello", headers={"Content-Type": "text/plain"})
    assert sent.status == 200, sent.data
    assert files.get("new file?.txt") == b"hello"
    with pytest.raises(errors.ObjectExists):
        files.sign_upload("new file?.txt")
    again = files.sign_upload("new file?.txt", upsert=True)
    assert urllib3.request("PUT", again.url, body=b"again").status == 200
    assert files.get("new file?.txt") == b"again"


def test_a_public_address(site: Site, files: Bucket, backend: SupabaseBackend) -> None:
    pictures = site.hip.storage.as_service().bucket("pictures")
    pictures.put("a b?.png", PNG)
    assert fetched(pictures.public_url("a b?.png")).data == PNG
    saved = fetched(pictures.public_url("a b?.png", download_as="x.png"))
    assert "x.png" in saved.headers["Content-Disposition"]
    small = pictures.public_url("a b?.png", transform=Transform(width=64, resize="contain"))
    parts = urlsplit(small)
    assert parts.path == "/storage/v1/render/image/public/pictures/a%20b%3F.png"
    assert parse_qs(parts.query) == {"width": ["64"], "resize": ["contain"], "quality": ["80"]}


def test_a_signed_address_of_a_smaller_picture(files: Bucket) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "red").save(picture, "PNG")
    files.put("a b?.png", picture.getvalue())
    small = Transform(width=10, format="origin")
    shown = fetched(files.sign_download("a b?.png", 60, transform=small))
    assert shown.status == 200, shown.data
    with Image.open(io.BytesIO(shown.data)) as image:
        assert image.width == 10


def test_a_bucket_bounds_what_it_takes(site: Site, files: Bucket) -> None:
    service = site.hip.storage.as_service()
    with pytest.raises(errors.TooLarge):
        service.bucket("small").put("a", b"x" * 1001)
    with pytest.raises(errors.TooLarge):
        service.bucket("small").put("a", io.BytesIO(bytes(20_000_000)))
    assert service.bucket("small").put("a", b"x" * 1000).size == 1000
    with pytest.raises(errors.TypeRefused) as caught:
        service.bucket("pictures").put("a.txt", b"hello", content_type="text/plain")
    assert caught.value.declared == "text/plain"
    assert "allowed_mime_types" in caught.value.hint


@pytest.mark.parametrize("name", ["../x", "a\\b", "a\x00", "报告", "x" * 1024])
def test_a_name_is_refused_wherever_it_is_given(files: Bucket, name: str) -> None:
    calls: list[Callable[[], object]] = [
        lambda: files.put(name, b""),
        lambda: files.get(name),
        lambda: files.info(name),
        lambda: files.list(name),
        lambda: files.move("a", name),
        lambda: files.copy(name, "a"),
        lambda: files.delete(["a", name]),
        lambda: files.sign_download(name, 60),
        lambda: files.sign_downloads([name], 60),
        lambda: files.sign_upload(name),
        lambda: files.public_url(name),
    ]
    for call in calls:
        with pytest.raises(errors.NameRefused):
            call()


def fetched(address: str) -> urllib3.BaseHTTPResponse:
    """Open an address as a browser does that has nothing but the address."""
    return urllib3.request("GET", address, redirect=False)
