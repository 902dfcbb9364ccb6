"""URLs to upload to: /object/upload/sign."""

from __future__ import annotations

import jwt
import pytest

from hipflask.testing import SignedIn, SupabaseBackend
from tests.local.storage.client import (
    BOUNDARY,
    Storage,
    assert_refused,
    files_on_disk,
    form,
    part,
    sql,
)

SIGN = "/object/upload/sign/b1/up.txt"


def put(storage: Storage, url: str, body: bytes = b"hello", **headers: str) -> None:
    """Upload to a signed URL, which must succeed."""
    sent = {"Content-Type": "text/plain", **headers}
    answer = storage.call("PUT", url, body=body, headers=sent)
    assert (answer.status, answer.json) == (200, {"Key": "b1/up.txt"}), answer


def test_url_and_token(backend: SupabaseBackend, storage: Storage) -> None:
    backend.clock.freeze()
    now = int(backend.clock.now().timestamp())
    answer = storage.post(SIGN)
    assert answer.status == 200
    token = answer.json["token"]
    assert answer.json == {"url": f"{SIGN}?token={token}", "token": token}
    claims = jwt.decode(token, backend.jwt_secret, algorithms=["HS256"])
    assert claims == {
        "url": "b1/up.txt",
        "upsert": False,
        "scope": "upload",
        "iat": now,
        "exp": now + 7200,
    }


def test_anybody_may_upload(storage: Storage, nobody: Storage) -> None:
    put(nobody, storage.post(SIGN).json["url"])
    assert storage.read("b1/up.txt") == b"hello"


def test_form_may_be_uploaded(storage: Storage, nobody: Storage) -> None:
    body = form(part(b"60", "cacheControl"), part(b"hello", "", filename="x"))
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    put(nobody, storage.post(SIGN).json["url"], body, **{"Content-Type": kind})
    assert storage.info("b1/up.txt")["cache_control"] == "max-age=60"


def test_second_use(storage: Storage, nobody: Storage) -> None:
    url = storage.post(SIGN).json["url"]
    put(nobody, url)
    answer = nobody.call("PUT", url, body=b"other", headers={"X-Upsert": "true"})
    assert_refused(answer, 409, "KeyAlreadyExists")
    assert storage.read("b1/up.txt") == b"hello"


def test_existing_object(storage: Storage, nobody: Storage) -> None:
    storage.keep("b1/up.txt")
    assert_refused(storage.post(SIGN), 409, "KeyAlreadyExists", error="Duplicate")
    url = storage.post(SIGN, x_upsert="true").json["url"]
    put(nobody, url, b"other")
    put(nobody, url, b"third")
    assert storage.read("b1/up.txt") == b"third"


def test_users_uploads_are_theirs(
    backend: SupabaseBackend, storage: Storage, nobody: Storage, ann: SignedIn
) -> None:
    sql(backend, "create policy p on storage.objects for insert to authenticated with check (true)")
    answer = storage.as_(ann.access_token).post(SIGN).json
    claims = jwt.decode(answer["token"], options={"verify_signature": False})
    assert claims["owner"] == ann.user.id
    put(nobody, answer["url"])
    assert sql(backend, "select owner_id from storage.objects") == [(ann.user.id,)]


def test_signing_needs_the_right_to_insert(
    backend: SupabaseBackend, storage: Storage, anon: Storage
) -> None:
    sql(backend, "create policy p on storage.objects for select to anon using (true)")
    text = "new row violates row-level security policy"
    assert_refused(anon.post(SIGN), 403, "AccessDenied", text)


def test_expires(backend: SupabaseBackend, storage: Storage, nobody: Storage) -> None:
    url = storage.post(SIGN).json["url"]
    backend.clock.advance(hours=2, seconds=2)
    answer = nobody.call("PUT", url, body=b"x")
    assert_refused(answer, 400, "InvalidJWT", '"exp" claim timestamp check failed')
    assert files_on_disk(backend) == []


def test_other_path(storage: Storage, nobody: Storage) -> None:
    token = storage.post(SIGN).json["token"]
    for path in ("b1/other.txt", "pub/up.txt", "b1/up.txt/x"):
        answer = nobody.call("PUT", f"/object/upload/sign/{path}?token={token}", body=b"x")
        assert_refused(answer, 400, "InvalidSignature", "Invalid signature")


def test_limits_of_the_bucket_count(service: Storage, nobody: Storage) -> None:
    service.make_bucket("small", file_size_limit=3, allowed_mime_types=["text/plain"])
    url = service.post("/object/upload/sign/small/a").json["url"]
    kind = {"Content-Type": "text/plain"}
    assert_refused(nobody.call("PUT", url, body=b"four", headers=kind), 413, "EntityTooLarge")
    kind = {"Content-Type": "image/png"}
    assert_refused(nobody.call("PUT", url, body=b"x", headers=kind), 415, "InvalidMimeType")


def test_bucket_that_went_meanwhile(storage: Storage, nobody: Storage) -> None:
    url = storage.post(SIGN).json["url"]
    storage.delete("/bucket/b1")
    assert_refused(nobody.call("PUT", url, body=b"x"), 404, "NoSuchBucket")


@pytest.mark.parametrize("path", ["none/a", "b1/a%23b"])
def test_where_nothing_may_be_kept(storage: Storage, path: str) -> None:
    answer = storage.post(f"/object/upload/sign/{path}")
    assert answer.status == 400, answer
    assert answer.json["statusCode"] in ("400", "404")
