"""What policies, migrations and the S3 protocol call in schema storage."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from hipflask.local.postgres import Cluster
from tests.local.postgres.storage_data import put

Admin = psycopg.Connection[Any]


def value(connection: Admin, query: str, *arguments: Any) -> Any:
    row = connection.execute(f"select {query}".encode(), arguments).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("name", "folders", "file", "extension"),
    [
        ("a/b/c.tar.gz", ["a", "b"], "c.tar.gz", "gz"),
        ("top.PNG", [], "top.PNG", "PNG"),
        ("none", [], "none", "none"),
        ("a/.hidden", ["a"], ".hidden", "hidden"),
        ("d//x", ["d", ""], "x", "x"),
        ("/lead.txt", [""], "lead.txt", "txt"),
        ("d/", ["d"], "", ""),
        ("a.b/c", ["a.b"], "c", "c"),
        (None, None, None, None),
    ],
)
def test_parts_of_a_name(
    admin: Admin, name: str | None, folders: list[str] | None, file: str, extension: str
) -> None:
    assert value(admin, "storage.foldername(%s)", name) == folders
    assert value(admin, "storage.filename(%s)", name) == file
    assert value(admin, "storage.extension(%s)", name) == extension


@pytest.mark.parametrize(
    ("key", "prefix", "delimiter", "expected"),
    [
        ("a/b/c.txt", "", "/", "a/"),
        ("a/b/c.txt", "a/", "/", "a/b/"),
        ("a/c.txt", "a/", "/", None),
        ("a/", "", "/", "a/"),
        ("d//x", "d/", "/", "d//"),
        ("a--b", "", "--", "a--"),
        ("a", "", "", None),
    ],
)
def test_common_prefix(
    admin: Admin, key: str, prefix: str, delimiter: str, expected: str | None
) -> None:
    assert value(admin, "storage.get_common_prefix(%s, %s, %s)", key, prefix, delimiter) == expected


def test_no_operation_is_under_way_in_plain_sql(admin: Admin) -> None:
    assert not value(admin, "storage.operation()")
    assert value(admin, "storage.allow_only_operation('object.list')") is False


@pytest.mark.parametrize("current", ["storage.object.list", "object.list"])
@pytest.mark.parametrize(
    ("asked", "allowed"),
    [
        ("storage.object.list", True),
        ("object.list", True),
        ("object.get", False),
        ("object", False),
        ("storage.", False),
        ("", False),
        (None, False),
    ],
)
def test_operations_are_told_apart(
    admin: Admin, current: str, asked: str | None, allowed: bool
) -> None:
    admin.execute("select set_config('storage.operation', %s, false)", [current])
    assert value(admin, "storage.operation()") == current
    assert value(admin, "storage.allow_only_operation(%s)", asked) is allowed
    assert value(admin, "storage.allow_any_operation(%s::text[])", ["x", asked]) is allowed


def test_any_of_no_operations_is_none(admin: Admin) -> None:
    admin.execute("select set_config('storage.operation', 'object.list', false)")
    assert value(admin, "storage.allow_any_operation('{}')") is False
    assert value(admin, "storage.allow_any_operation(null)") is False


def test_sizes_are_added_by_bucket(admin: Admin) -> None:
    put(admin, ["a", "b"], bucket="one")
    put(admin, ["c"], bucket="two")
    admin.execute("""update storage.objects set metadata = '{"size": 5000000000}'
                     where name = 'c'""")
    found = admin.execute("select bucket_id, size from storage.get_size_by_bucket() order by 1")
    assert found.fetchall() == [("one", 3), ("two", 5_000_000_000)]


def test_can_insert_object_inserts_nothing(admin: Admin) -> None:
    put(admin, [])
    with pytest.raises(psycopg.Error) as raised, admin.transaction():
        admin.execute("select storage.can_insert_object('b', 'a', null, '{}')")
    assert (raised.value.sqlstate, raised.value.diag.message_primary) == ("PT200", "ROLLBACK")
    assert value(admin, "count(*) from storage.objects") == 0
    admin.execute("set role anon")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        admin.execute("select storage.can_insert_object('b', 'a', null, '{}')")


def test_a_change_of_an_object_is_dated(admin: Admin) -> None:
    put(admin, ["a"])
    admin.execute("update storage.objects set metadata = '{}'")
    assert value(admin, "updated_at > created_at + interval '1 day' from storage.objects")


def test_a_bucket_name_has_100_characters_at_most(admin: Admin) -> None:
    put(admin, [], bucket="x" * 100)
    with pytest.raises(psycopg.errors.RaiseException, match="too long"):
        put(admin, [], bucket="x" * 101)


@pytest.mark.parametrize("table", ["objects", "buckets"])
@pytest.mark.parametrize("user", ["postgres", "supabase_storage_admin"])
def test_direct_delete_is_refused(
    server: Cluster, storage_database: str, table: str, user: str
) -> None:
    with (
        psycopg.connect(server.url(user=user, database=storage_database)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege) as raised,
    ):
        connection.execute(f"delete from storage.{table}".encode())
    assert raised.value.diag.message_primary == (
        "Direct deletion from storage tables is not allowed. Use the Storage API instead."
    )


def test_storage_itself_may_delete(admin: Admin) -> None:
    put(admin, ["a"])
    admin.execute("set local storage.allow_delete_query = 'true'")
    assert admin.execute("delete from storage.objects").rowcount == 1
    admin.execute("set local storage.allow_delete_query = 'false'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        admin.execute("delete from storage.objects")


def upload(connection: Admin, *uploads: tuple[str, str]) -> None:
    put(connection, [])
    for key, upload_id in uploads:
        connection.execute(
            "insert into storage.s3_multipart_uploads"
            " (id, key, bucket_id, upload_signature, version) values (%s, %s, 'b', '', '')",
            [upload_id, key],
        )


def uploads(connection: Admin, *arguments: Any) -> list[tuple[str, str]]:
    marks = ", ".join(["%s"] * len(arguments))
    rows = connection.execute(
        f"select key, id from storage.list_multipart_uploads_with_delimiter({marks})".encode(),
        arguments,
    )
    return rows.fetchall()


def test_uploads_are_listed_by_key_and_id(admin: Admin) -> None:
    upload(admin, ("b", "1"), ("a", "3"), ("a", "2"), ("B", "4"), ("f/x", "5"), ("f/y", "6"))
    assert uploads(admin, "b", "", "/") == [
        ("B", "4"),
        ("a", "2"),
        ("a", "3"),
        ("b", "1"),
        ("f/", "5"),
    ]
    assert uploads(admin, "b", "f/", "/") == [("f/x", "5"), ("f/y", "6")]
    assert uploads(admin, "b", "F", "/") == []


def test_pages_of_uploads_join_into_the_whole(admin: Admin) -> None:
    upload(admin, ("a", "3"), ("a", "2"), ("f/x", "9"), ("f/y", "1"), ("f_", "4"), ("g", "0"))
    pages: list[tuple[str, str]] = []
    after = ("", "")
    while page := uploads(admin, "b", "", "/", 1, *after):
        pages += page
        after = page[0]
    assert pages == uploads(admin, "b", "", "/")
    assert len(pages) == 5


def test_parts_go_with_their_upload(admin: Admin) -> None:
    upload(admin, ("a", "1"))
    admin.execute(
        "insert into storage.s3_multipart_uploads_parts"
        " (upload_id, part_number, bucket_id, key, etag, version) values ('1', 1, 'b', 'a', '', '')"
    )
    admin.execute("delete from storage.s3_multipart_uploads")
    assert value(admin, "count(*) from storage.s3_multipart_uploads_parts") == 0
