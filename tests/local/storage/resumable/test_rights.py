"""Who may upload what: row-level security at every step, and nobody goes on for another."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from hipflask.testing import MovableClock, SupabaseBackend
from tests.local.storage.resumable.conftest import Bucket, Person
from tests.local.storage.resumable.tus import PATH, SIGNED, Tus

People = Callable[[str], Person]


def run(backend: SupabaseBackend, sql: str) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute(sql)


def test_policy_lets_the_owner_upload(person: People, bucket: Bucket) -> None:
    ann = person("ann@example.com")
    name = f"{ann.id}/a.txt"
    ann.tus.patch(ann.tus.begin(3, name), 0, b"abc")
    row = bucket.row(name)
    assert (row["owner"], row["owner_id"]) == (ann.id, ann.id)


def test_policy_refuses_at_creation(person: People, anon: Tus, bucket: Bucket) -> None:
    ann = person("ann@example.com")
    for reply in (ann.tus.create(3, "elsewhere/a.txt"), anon.create(3)):
        assert reply.status == 403
        assert reply.text == "new row violates row-level security policy"
    assert bucket.shelved == []


@pytest.mark.parametrize("who", ["bob", "anon", "admin"])
def test_nobody_goes_on_for_another(
    person: People, anon: Tus, admin: Tus, bucket: Bucket, who: str, backend: SupabaseBackend
) -> None:
    run(backend, "create policy everything on storage.objects to public using (true)")
    ann = person("ann@example.com")
    url = ann.tus.begin(3, f"{ann.id}/a.txt")
    other = {"anon": anon, "admin": admin}.get(who) or person("bob@example.com").tus
    assert other.head(url).status == 404
    assert other.patch(url, 0, b"xyz").status == 404
    assert other.delete(url).status == 404
    assert ann.tus.head(url).offset == 0


def test_policy_is_asked_again_at_every_part(person: People, backend: SupabaseBackend) -> None:
    ann = person("ann@example.com")
    url = ann.tus.begin(3, f"{ann.id}/a.txt")
    run(backend, "drop policy own_insert on storage.objects")
    assert ann.tus.patch(url, 0, b"abc").status == 403
    assert ann.tus.delete(url).status == 403
    assert ann.tus.head(url).offset == 0


def test_policy_sees_type_length_and_operation(anon: Tus, backend: SupabaseBackend) -> None:
    run(
        backend,
        "create policy text on storage.objects for insert to anon with check ("
        " metadata->>'mimetype' = 'text/plain' and (metadata->>'contentLength')::int < 9"
        " and user_metadata->>'kind' = 'note'"
        " and storage.operation() in ('storage.tus.upload.create', 'storage.tus.upload.part'))",
    )
    note = {"metadata": '{"kind": "note"}'}
    assert anon.create(9, metadata=note).status == 403
    assert anon.create(3).status == 403
    url = anon.begin(3, metadata=note)
    assert anon.patch(url, 0, b"abc").status == 204


def test_existing_object_needs_upsert(admin: Tus, bucket: Bucket) -> None:
    admin.create(3, body=b"old")
    reply = admin.create(3, body=b"new")
    assert (reply.status, reply.text) == (409, "The resource already exists")
    assert admin.create(3, body=b"new", X_Upsert="true").status == 201
    assert bucket.content("a.txt") == b"new"
    assert len(list((bucket.backend.storage_folder / "objects").glob("*/*"))) == 1


def test_object_that_appears_meanwhile_is_not_replaced(admin: Tus, bucket: Bucket) -> None:
    url = admin.begin(3)
    admin.create(5, body=b"other")
    assert admin.patch(url, 0, b"abc").status == 409
    assert bucket.content("a.txt") == b"other"


def test_upsert_needs_the_right_to_update(person: People, backend: SupabaseBackend) -> None:
    ann = person("ann@example.com")
    name = f"{ann.id}/a.txt"
    ann.tus.create(3, name, body=b"old")
    assert ann.tus.create(3, name, X_Upsert="true").status == 201
    run(backend, "drop policy own_update on storage.objects")
    assert ann.tus.create(3, name, X_Upsert="true").status == 403


def test_expired_session_cannot_go_on(person: People, clock: MovableClock) -> None:
    ann = person("ann@example.com")
    url = ann.tus.begin(3, f"{ann.id}/a.txt")
    clock.advance(hours=2)
    reply = ann.tus.patch(url, 0, b"abc")
    assert (reply.status, b'"statusCode":"403"' in reply.body) == (400, True)


def signature(bucket: Bucket, name: str, **headers: str) -> str:
    key = {"apikey": bucket.backend.secret_key}
    path = f"/storage/v1/object/upload/sign/shelf/{name}"
    answer = bucket.backend.request("POST", path, headers=key | headers)
    token: str = answer.json["token"]
    return token


def test_signature_stands_for_a_key(backend: SupabaseBackend, bucket: Bucket) -> None:
    guest = Tus(backend.url, {"x-signature": signature(bucket, "a.txt")})
    url = guest.begin(3, path=SIGNED)
    assert url.startswith(f"{backend.url}{SIGNED}/")
    assert guest.patch(url, 0, b"a").offset == 1
    assert guest.head(url).offset == 1
    assert guest.patch(url, 1, b"bc").headers["tus-complete"] == "1"
    assert bucket.content("a.txt") == b"abc"


def test_signature_is_good_for_its_object_only(backend: SupabaseBackend, bucket: Bucket) -> None:
    token = signature(bucket, "a.txt")
    guest = Tus(backend.url, {"x-signature": token})
    reply = guest.create(3, "b.txt", path=SIGNED)
    assert (reply.status, reply.text) == (400, "Invalid signature")
    reply = Tus(backend.url, {}).create(3, path=SIGNED)
    assert (reply.status, reply.text) == (400, "Missing x-signature header")
    reply = Tus(backend.url, {"x-signature": "a.b.c"}).create(3, path=SIGNED)
    assert (reply.status, reply.text) == (400, "Invalid Compact JWS")
    assert guest.create(3, path=PATH).status == 400


def test_signature_goes_on_with_no_other_upload(
    admin: Tus, backend: SupabaseBackend, bucket: Bucket
) -> None:
    url = admin.begin(3)
    guest = Tus(backend.url, {"x-signature": signature(bucket, "a.txt")})
    address = url.rpartition("/")[2]
    assert guest.head(f"{SIGNED}/{address}").status == 404
    assert guest.patch(f"{SIGNED}/{address}", 0, b"abc").status == 404


def test_signature_is_good_once(backend: SupabaseBackend, bucket: Bucket) -> None:
    guest = Tus(backend.url, {"x-signature": signature(bucket, "a.txt")})
    guest.create(3, path=SIGNED, body=b"abc")
    assert guest.create(3, path=SIGNED, body=b"xyz").status == 409
    guest = Tus(backend.url, {"x-signature": signature(bucket, "a.txt", **{"x-upsert": "true"})})
    assert guest.create(3, path=SIGNED, body=b"xyz").status == 201
    assert bucket.content("a.txt") == b"xyz"


def test_signature_expires(backend: SupabaseBackend, bucket: Bucket, clock: MovableClock) -> None:
    guest = Tus(backend.url, {"x-signature": signature(bucket, "a.txt")})
    url = guest.begin(3, path=SIGNED)
    clock.advance(hours=3)
    assert guest.patch(url, 0, b"abc").text == '"exp" claim timestamp check failed'
