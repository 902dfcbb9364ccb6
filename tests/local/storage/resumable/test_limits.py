"""The bucket's limits, and the day that an upload may take."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from hipflask.testing import MovableClock, SupabaseBackend
from tests.local.storage.resumable.conftest import Bucket
from tests.local.storage.resumable.restarts import started_again
from tests.local.storage.resumable.tus import Tus


def test_bucket_limit_counts_at_creation(admin: Tus, bucket: Bucket) -> None:
    bucket.change(file_size_limit=4)
    reply = admin.create(5)
    assert (reply.status, reply.text) == (413, "Maximum size exceeded\n")
    assert admin.create(4, body=b"abcd").status == 201


def test_projects_limit_counts(backend: SupabaseBackend, admin: Tus) -> None:
    assert admin.create(backend.config.storage.file_size_limit + 1).status == 413


def test_bucket_limit_counts_for_a_length_that_comes_later(admin: Tus, bucket: Bucket) -> None:
    bucket.change(file_size_limit=4)
    url = admin.begin(None)
    assert admin.patch(url, 0, b"abcde").status == 413
    assert admin.patch(url, 0, iter([b"abcde"])).status == 413
    assert admin.patch(url, 0, b"abc").offset == 3
    assert admin.patch(url, 3, b"", Upload_Length="5").status == 413
    assert admin.patch(url, 3, b"d", Upload_Length="4").headers["tus-complete"] == "1"


def test_folder_placeholder_is_empty(admin: Tus) -> None:
    assert admin.create(1, "f/.emptyFolderPlaceholder").status == 413
    assert admin.create(0, "f/.emptyFolderPlaceholder").status == 201


def test_bucket_takes_its_types_only(admin: Tus, bucket: Bucket) -> None:
    bucket.change(allowed_mime_types=["image/*"])
    reply = admin.create(3)
    assert (reply.status, reply.text) == (415, "mime type text/plain is not supported")
    assert admin.create(3, metadata={"contentType": ""}).status == 415
    assert admin.create(3, metadata={"contentType": "image/png"}).status == 201


def test_content_type_must_be_one(admin: Tus) -> None:
    assert admin.create(3, metadata={"contentType": "a\r\nb"}).status == 415


def test_upload_takes_a_day_at_most(admin: Tus, clock: MovableClock) -> None:
    reply = admin.create(3)
    expires = parsedate_to_datetime(reply.headers["upload-expires"])
    assert round((expires - clock.now()).total_seconds() / 3600) == 24
    clock.advance(hours=23)
    assert admin.patch(reply.location, 0, b"a").offset == 1
    clock.advance(hours=2)
    assert admin.patch(reply.location, 1, b"b").status == 410
    assert admin.head(reply.location).status == 410


def test_expired_uploads_go_with_the_next_creation(
    admin: Tus, bucket: Bucket, clock: MovableClock
) -> None:
    url = admin.begin(3)
    admin.patch(url, 0, b"a")
    clock.advance(hours=25)
    admin.begin(3, "b.txt")
    assert admin.head(url).status == 404
    assert len(bucket.shelved) == 1


def test_expired_uploads_go_at_the_next_start(
    backend: SupabaseBackend, admin: Tus, bucket: Bucket, clock: MovableClock
) -> None:
    admin.patch(admin.begin(3), 0, b"a")
    admin.create(1, "b.txt", body=b"x")
    (bucket.shelf / "8b0e9d0e-0000-4000-8000-000000000000").write_bytes(b"of no upload")
    clock.advance(hours=25)
    with started_again(backend):
        assert bucket.shelved == []
    assert bucket.content("b.txt") == b"x"
