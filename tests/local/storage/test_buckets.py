"""/bucket: create, get, list, update, empty, delete."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hipflask.testing import SignedIn, SupabaseBackend
from tests.local.storage.client import Storage, assert_refused, files_on_disk, sql

MIB = 1 << 20
CREATE_POLICY = (
    "create policy anybody on storage.buckets for all to anon, authenticated"
    " using (true) with check (true)"
)


def test_create_says_the_name(service: Storage) -> None:
    answer = service.post("/bucket", {"name": "nb"})
    assert (answer.status, answer.json) == (200, {"name": "nb"})


def test_id_may_differ_from_the_name(service: Storage) -> None:
    assert service.post("/bucket", {"name": "nb", "id": "the-id"}).json == {"name": "nb"}
    assert service.get("/bucket/the-id").json["name"] == "nb"
    assert_refused(service.get("/bucket/nb"), 404, "NoSuchBucket")


def test_second_of_a_name(storage: Storage) -> None:
    answer = storage.post("/bucket", {"name": "b1"})
    text = "The resource already exists"
    assert_refused(answer, 409, "BucketAlreadyExists", text, error="Duplicate")


def test_second_by_a_visitor_is_no_duplicate(storage: Storage, anon: Storage) -> None:
    text = "new row violates row-level security policy"
    assert_refused(anon.post("/bucket", {"name": "b1"}), 403, "AccessDenied", text)


@pytest.mark.parametrize(
    ("limit", "size"),
    [
        ("1MB", 1_000_000),
        ("20mb", 20_000_000),
        ("1kb", 1000),
        ("7b", 7),
        ("1.5MB", 1_500_000),
        (0, 0),
        (5, 5),
        ("5b", 5),
        (None, None),
    ],
)
def test_size_limit(service: Storage, limit: Any, size: int | None) -> None:
    service.make_bucket("b", file_size_limit=limit)
    assert service.get("/bucket/b").json["file_size_limit"] == size


@pytest.mark.parametrize("limit", ["20MiB", "50 KB", "", "MB", "-1MB", "x", "1e3b", "1,5MB"])
def test_size_limit_that_is_none(service: Storage, limit: str) -> None:
    answer = service.post("/bucket", {"name": "b", "file_size_limit": limit})
    assert_refused(answer, 400, "InvalidRequest")


@pytest.mark.parametrize("limit", ["1000GB", 10**15])
def test_size_limit_above_the_projects(service: Storage, limit: Any) -> None:
    answer = service.post("/bucket", {"name": "b", "file_size_limit": limit})
    assert_refused(answer, 413, "EntityTooLarge", error="Payload too large")


@pytest.mark.parametrize("limit", [10**30, 1.5, "9" * 400 + "MB"])
def test_size_limit_that_no_column_holds(service: Storage, limit: Any) -> None:
    answer = service.post("/bucket", {"name": "b", "file_size_limit": limit})
    assert (answer.status, answer.json["statusCode"] in ("400", "413")) == (400, True), answer


@pytest.mark.parametrize("types", [["image/png"], ["text/*", "image/*"], [], ["*"], None])
def test_mime_types(service: Storage, types: list[str] | None) -> None:
    service.make_bucket("b", allowed_mime_types=types)
    assert service.get("/bucket/b").json["allowed_mime_types"] == types


@pytest.mark.parametrize("types", [["bogus"], ["image/png", "x"], ["a b/c"]])
def test_mime_types_that_are_none(service: Storage, types: list[str]) -> None:
    answer = service.post("/bucket", {"name": "b", "allowed_mime_types": types})
    assert_refused(answer, 415, "InvalidMimeType", error="invalid_mime_type")


@pytest.mark.parametrize(
    "name", ["UPPER case", ".", "-x", "..", "a", "x" * 100, "a'b(c)&$=@;:+,?!*", "CON", "a.b"]
)
def test_names(service: Storage, name: str) -> None:
    service.make_bucket(name)
    assert name in [bucket["name"] for bucket in service.get("/bucket").json]


@pytest.mark.parametrize(
    "name", ["ü", "a/b", "a%b", "x" * 101, " a", "", "a\\b", "a\tb", "日本", "😀", "a\nb", "a#b"]
)
def test_names_that_are_none(service: Storage, name: str) -> None:
    answer = service.post("/bucket", {"name": name})
    text = "Bucket name invalid"
    assert_refused(answer, 400, "InvalidBucketName", text, error="Invalid Input")


def test_get(storage: Storage) -> None:
    seen = storage.get("/bucket/b1").json
    moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    assert moment.fullmatch(seen.pop("created_at"))
    assert moment.fullmatch(seen.pop("updated_at"))
    assert seen == {
        "id": "b1",
        "name": "b1",
        "owner": "",
        "public": False,
        "file_size_limit": None,
        "allowed_mime_types": None,
    }


def test_name_is_encoded_in_the_path(service: Storage) -> None:
    service.make_bucket("a b?c")
    assert service.get("/bucket/a%20b%3Fc").json["id"] == "a b?c"


def test_owner_is_who_made_it(backend: SupabaseBackend, service: Storage, ann: SignedIn) -> None:
    sql(backend, CREATE_POLICY)
    service.as_(ann.access_token).make_bucket("anns")
    assert service.get("/bucket/anns").json["owner"] == ann.user.id
    rows = sql(backend, "select owner::text, owner_id from storage.buckets where id = 'anns'")
    assert rows == [(ann.user.id, ann.user.id)]


def test_list_says_the_type_as_well(storage: Storage) -> None:
    listed = {bucket["id"]: bucket for bucket in storage.get("/bucket").json}
    assert listed["b1"] == storage.get("/bucket/b1").json | {"type": "STANDARD"}
    assert listed["pub"]["public"] is True


def test_list_by_page(service: Storage) -> None:
    for name in ("zz-c", "zz-a", "zz-B", "yy"):
        service.make_bucket(name)

    def ids(query: str) -> list[str]:
        return [bucket["id"] for bucket in service.get(f"/bucket?{query}").json]

    assert ids("search=zz&sortColumn=created_at") == ["zz-c", "zz-a", "zz-B"]
    assert ids("search=zz&sortColumn=created_at&sortOrder=desc") == ["zz-B", "zz-a", "zz-c"]
    assert ids("search=ZZ-&sortColumn=created_at&limit=1&offset=1") == ["zz-a"]
    assert ids(f"search=ZZ-&offset={10**30}") == []
    assert ids(f"search=ZZ-&limit={10**30}&offset=1") != []
    assert ids("search=z_-") == []
    assert ids("search=%25%25") == []
    assert set(ids("sortColumn=name&sortOrder=asc")) >= {"zz-c", "yy"}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "offset=-1", "offset=1.5", "sortColumn=owner", "sortOrder=up"],
)
def test_list_with_bad_values(service: Storage, query: str) -> None:
    answer = service.get(f"/bucket?{query}")
    assert_refused(answer, 400, "InvalidRequest", error="Error")
    assert answer.json["message"].startswith(f"querystring/{query.partition('=')[0]} must be")


def test_update(storage: Storage) -> None:
    before = storage.get("/bucket/b1").json
    changes = {"public": True, "file_size_limit": "2MB", "allowed_mime_types": ["image/*"]}
    answer = storage.put("/bucket/b1", changes)
    assert (answer.status, answer.json) == (200, {"message": "Successfully updated"})
    assert storage.get("/bucket/b1").json == before | changes | {"file_size_limit": 2_000_000}


def test_update_leaves_what_it_does_not_name(storage: Storage) -> None:
    storage.put("/bucket/b1", {"file_size_limit": 10})
    storage.put("/bucket/b1", {"public": True})
    assert storage.get("/bucket/b1").json["file_size_limit"] == 10


def test_null_takes_a_limit_away(service: Storage) -> None:
    service.make_bucket("b", file_size_limit=1, allowed_mime_types=["a/b"])
    service.put("/bucket/b", {"file_size_limit": None, "allowed_mime_types": None})
    seen = service.get("/bucket/b").json
    assert (seen["file_size_limit"], seen["allowed_mime_types"]) == (None, None)


@pytest.mark.parametrize(
    "body", [{}, {"name": "x"}, {"public": "perhaps"}, {"file_size_limit": -1}]
)
def test_update_with_nothing_to_do(storage: Storage, body: dict[str, Any]) -> None:
    assert_refused(storage.put("/bucket/b1", body), 400, "InvalidRequest", error="Error")


def test_update_of_what_cannot_be_seen(storage: Storage, anon: Storage) -> None:
    assert_refused(storage.put("/bucket/none", {"public": True}), 404, "NoSuchBucket")
    assert_refused(anon.put("/bucket/b1", {"public": True}), 404, "NoSuchBucket")
    assert storage.get("/bucket/b1").json["public"] is False


def test_delete(storage: Storage) -> None:
    answer = storage.delete("/bucket/b1")
    assert (answer.status, answer.json) == (200, {"message": "Successfully deleted"})
    assert_refused(storage.delete("/bucket/b1"), 404, "NoSuchBucket")


def test_delete_of_one_that_is_not_empty(
    backend: SupabaseBackend, storage: Storage, anon: Storage
) -> None:
    sql(backend, "create policy see on storage.buckets for select to anon using (true)")
    storage.keep("b1/a.txt")
    text = "The bucket you tried to delete is not empty"
    for who in (storage, anon):
        assert_refused(who.delete("/bucket/b1"), 409, "ResourceNotEmpty", text)


def test_empty(backend: SupabaseBackend, storage: Storage) -> None:
    storage.keep("b1/a.txt", "b1/f/b.txt", "b1/F/c.txt", "pub/d.txt")
    answer = storage.post("/bucket/b1/empty")
    text = "Empty bucket has been queued. Completion may take up to an hour."
    assert (answer.status, answer.json) == (200, {"message": text})
    assert storage.names("b1") == []
    assert storage.names("pub") == ["d.txt"]
    assert len(files_on_disk(backend)) == 1
    assert storage.delete("/bucket/b1").status == 200


def test_empty_of_a_missing_one(service: Storage) -> None:
    assert_refused(service.post("/bucket/none/empty"), 404, "NoSuchBucket")


def test_empty_is_the_services(
    backend: SupabaseBackend, storage: Storage, anon: Storage, ann: SignedIn
) -> None:
    sql(backend, CREATE_POLICY)
    storage.keep("b1/a.txt")
    for who in (anon, storage.as_(ann.access_token)):
        answer = who.post("/bucket/b1/empty")
        text = "Access denied: Invalid role"
        assert_refused(answer, 403, "AccessDenied", text, http_status=403)
    assert storage.names("b1") == ["a.txt"]


@pytest.mark.supabase(storage={"file_size_limit": MIB})
def test_projects_limit_counts_without_one_of_the_bucket(storage: Storage) -> None:
    assert storage.upload("b1/a", b"x" * MIB).status == 200
    assert_refused(storage.upload("b1/b", b"x" * (MIB + 1)), 413, "EntityTooLarge")
    assert_refused(
        storage.post("/bucket", {"name": "b", "file_size_limit": MIB + 1}), 413, "EntityTooLarge"
    )
