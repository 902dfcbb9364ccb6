"""Whose files they are, asked of Storage and of the database themselves."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from storage_calls import ask, fetch, picture

from hipflask.testing import SignedIn, SupabaseBackend

OTHERS = ("somebody else", "nobody")


@pytest.fixture
def ann(signed_in: Callable[..., SignedIn]) -> SignedIn:
    """The owner of the file."""
    return signed_in("ann@example.com")


@pytest.fixture
def bob(signed_in: Callable[..., SignedIn]) -> SignedIn:
    """Somebody else."""
    return signed_in("bob@example.com")


@pytest.fixture
def other(request: pytest.FixtureRequest, bob: SignedIn) -> SignedIn | None:
    """Bob, or a visitor without a session."""
    return bob if request.param == "somebody else" else None


@pytest.fixture
def key(backend: SupabaseBackend, ann: SignedIn) -> str:
    """The name of Ann's file."""
    name = f"{ann.user.id}/plan.txt"
    answer = ask(backend, ann, "POST", f"/object/files/{name}", b"plan", content_type="text/plain")
    assert answer.status == 200, answer.body
    return name


def test_the_owner_does_everything(backend: SupabaseBackend, ann: SignedIn, key: str) -> None:
    folder = ann.user.id
    assert ask(backend, ann, "GET", f"/object/files/{key}").body == b"plan"
    listed = ask(backend, ann, "POST", "/object/list/files", {"prefix": folder})
    assert [row["name"] for row in listed.json()] == ["plan.txt"]
    replaced = ask(backend, ann, "PUT", f"/object/files/{key}", b"new", content_type="text/plain")
    assert replaced.status == 200
    moved = {"bucketId": "files", "sourceKey": key, "destinationKey": f"{folder}/b.txt"}
    assert ask(backend, ann, "POST", "/object/move", moved).status == 200
    copied = {"bucketId": "files", "sourceKey": f"{folder}/b.txt", "destinationKey": key}
    assert ask(backend, ann, "POST", "/object/copy", copied).status == 200
    signed = ask(backend, ann, "POST", f"/object/sign/files/{key}", {"expiresIn": 60})
    assert fetch(f"{backend.url}/storage/v1{signed.json()['signedURL']}").body == b"new"
    assert ask(backend, ann, "DELETE", f"/object/files/{key}").status == 200


@pytest.mark.parametrize("other", OTHERS, indirect=True)
def test_others_do_nothing(
    backend: SupabaseBackend, ann: SignedIn, other: SignedIn | None, key: str
) -> None:
    copy = {"bucketId": "files", "sourceKey": key, "destinationKey": f"{ann.user.id}/copy.txt"}
    calls = [
        ask(backend, other, "GET", f"/object/files/{key}"),
        ask(backend, other, "GET", f"/object/info/files/{key}"),
        ask(backend, other, "POST", f"/object/files/{key}", b"x", content_type="text/plain"),
        ask(backend, other, "PUT", f"/object/files/{key}", b"x", content_type="text/plain"),
        ask(
            backend,
            other,
            "POST",
            f"/object/files/{ann.user.id}/new.txt",
            b"x",
            content_type="text/plain",
        ),
        ask(backend, other, "POST", f"/object/sign/files/{key}", {"expiresIn": 60}),
        ask(backend, other, "POST", f"/object/upload/sign/files/{ann.user.id}/new.txt", b""),
        ask(backend, other, "POST", "/object/move", copy),
        ask(backend, other, "POST", "/object/copy", copy),
        ask(backend, other, "DELETE", f"/object/files/{key}"),
        ask(backend, other, "GET", f"/object/public/files/{key}"),
    ]
    assert [call.status for call in calls] == [400] * len(calls)
    listed = ask(backend, other, "POST", "/object/list/files", {"prefix": ann.user.id})
    removed = ask(backend, other, "DELETE", "/object/files", {"prefixes": [key]})
    assert listed.json() == removed.json() == []
    assert ask(backend, ann, "GET", f"/object/files/{key}").body == b"plan"


def test_nobody_puts_a_file_into_anothers_folder(
    backend: SupabaseBackend, ann: SignedIn, bob: SignedIn, key: str
) -> None:
    gift = {"bucketId": "files", "sourceKey": key, "destinationKey": f"{bob.user.id}/gift.txt"}
    assert ask(backend, ann, "POST", "/object/move", gift).status == 400
    assert ask(backend, ann, "POST", "/object/copy", gift).status == 400


@pytest.mark.parametrize(
    "name", ["loose.txt", "{id}", "{id}x/a.txt", "x/{id}/a.txt", "{other}/{id}/a.txt"]
)
def test_only_the_own_folder_counts(
    backend: SupabaseBackend, ann: SignedIn, bob: SignedIn, name: str
) -> None:
    path = name.format(id=ann.user.id, other=bob.user.id)
    for bucket in ("files", "avatars"):
        answer = ask(
            backend, ann, "POST", f"/object/{bucket}/{path}", picture(), content_type="image/png"
        )
        assert answer.status == 400, path


@pytest.mark.parametrize(
    "kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript", "text/xml"]
)
def test_no_type_that_a_browser_runs_gets_in(
    backend: SupabaseBackend, ann: SignedIn, kind: str
) -> None:
    for bucket in ("files", "avatars"):
        answer = ask(
            backend, ann, "POST", f"/object/{bucket}/{ann.user.id}/x", b"<svg/>", content_type=kind
        )
        assert answer.json()["error"] == "invalid_mime_type"


def test_the_quota_holds_without_the_application(
    backend: SupabaseBackend, ann: SignedIn, bob: SignedIn, key: str
) -> None:
    with psycopg.connect(backend.database_url) as database:
        database.execute(
            "insert into storage.objects (bucket_id, name, metadata) values ('files', %s, %s)",
            [f"{ann.user.id}/full", json.dumps({"size": 249_999_990})],
        )
    path = f"/object/files/{ann.user.id}/more.txt"
    plain = {"content_type": "text/plain"}
    assert ask(backend, ann, "POST", path, b"1234567", **plain).status == 400
    assert ask(backend, ann, "POST", path, b"123456", **plain).status == 200
    assert ask(backend, ann, "PUT", path, b"654321", **plain).status == 200, "in its place"
    assert ask(backend, ann, "PUT", path, b"7654321", **plain).status == 400
    assert ask(backend, bob, "POST", f"/object/files/{bob.user.id}/a", b"1", **plain).status == 200


def test_uploads_at_once_do_not_pass_the_quota(
    backend: SupabaseBackend, ann: SignedIn, key: str
) -> None:
    with psycopg.connect(backend.database_url) as database:
        database.execute(
            "insert into storage.objects (bucket_id, name, metadata) values ('files', %s, %s)",
            [f"{ann.user.id}/full", json.dumps({"size": 249_000_000})],
        )

    def send(number: int) -> int:
        path = f"/object/files/{ann.user.id}/{number}"
        return ask(backend, ann, "POST", path, bytes(600_000), content_type="text/plain").status

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(send, range(6))) == [200, *[400] * 5]
    with psycopg.connect(backend.database_url) as database:
        assert database.execute("select from storage.objects where name <> %s", [key]).rowcount == 2


def test_an_avatar_is_anybodys_to_see_and_its_owners_to_change(
    backend: SupabaseBackend, ann: SignedIn, bob: SignedIn
) -> None:
    path = f"avatars/{ann.user.id}/me"
    png = {"content_type": "image/png"}
    assert ask(backend, ann, "POST", f"/object/{path}", picture(), **png).status == 200
    assert fetch(f"{backend.url}/storage/v1/object/public/{path}").body == picture()
    for other in (bob, None):
        assert ask(backend, other, "PUT", f"/object/{path}", picture(), **png).status == 400
        assert ask(backend, other, "DELETE", f"/object/{path}").status == 400
        listed = ask(backend, other, "POST", "/object/list/avatars", {"prefix": ann.user.id})
        assert listed.json() == []


def test_avatars_are_few_and_small(backend: SupabaseBackend, ann: SignedIn) -> None:
    png = {"content_type": "image/png"}
    for number in range(5):
        path = f"/object/avatars/{ann.user.id}/{number}"
        assert ask(backend, ann, "POST", path, picture(), **png).status == 200
    path = f"/object/avatars/{ann.user.id}/6"
    assert ask(backend, ann, "POST", path, picture(), **png).status == 400
    large = ask(backend, ann, "PUT", f"/object/avatars/{ann.user.id}/1", bytes(2_000_001), **png)
    assert large.json()["statusCode"] == "413"


STATEMENTS = [
    "update public.files set name = 'taken'",
    "update public.files set deleted_at = now()",
    "delete from public.files",
]


@pytest.fixture
def rows(backend: SupabaseBackend, ann: SignedIn) -> str:
    """A row of Ann's; returns where the database is."""
    with psycopg.connect(backend.database_url) as database:
        database.execute(
            "insert into public.files (user_id, name, is_folder) values (%s, 'Hers', true)",
            [ann.user.id],
        )
    return backend.database_url


def become(database: psycopg.Connection, role: str, person: SignedIn | None = None) -> None:
    """Do what Supabase does for a request: role and claims, for this transaction."""
    claims = {"role": role, "sub": person.user.id} if person else {"role": role}
    database.execute(
        "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
        [role, json.dumps(claims)],
    )


@pytest.mark.parametrize("statement", STATEMENTS)
def test_somebody_else_touches_no_row(rows: str, bob: SignedIn, statement: str) -> None:
    with psycopg.connect(rows) as database:
        become(database, "authenticated", bob)
        assert database.execute("select 1 from public.files").rowcount == 0
        assert database.execute(statement.encode()).rowcount == 0


@pytest.mark.parametrize("statement", ["select 1 from public.files", *STATEMENTS])
def test_nobody_has_no_right_at_all(rows: str, statement: str) -> None:
    with psycopg.connect(rows) as database:
        become(database, "anon")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute(statement.encode())


@pytest.mark.parametrize("column", ["user_id", "size", "is_folder"])
def test_what_the_application_alone_decides_stays(rows: str, ann: SignedIn, column: str) -> None:
    with psycopg.connect(rows) as database:
        become(database, "authenticated", ann)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute(f"update public.files set {column} = {column}".encode())


def test_no_row_points_to_anothers_object(rows: str, ann: SignedIn, bob: SignedIn) -> None:
    with psycopg.connect(rows) as database:
        become(database, "authenticated", bob)
        with pytest.raises(psycopg.errors.CheckViolation):
            database.execute(
                "insert into public.files (name, object) values ('hers', %s)",
                [f"{ann.user.id}/plan.txt"],
            )


def test_no_file_lies_in_anothers_folder(rows: str, bob: SignedIn) -> None:
    with psycopg.connect(rows) as database:
        row = database.execute("select id from public.files").fetchone()
        assert row
        become(database, "authenticated", bob)
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            database.execute(
                "insert into public.files (name, is_folder, folder_id) values ('x', true, %s)",
                [row[0]],
            )
