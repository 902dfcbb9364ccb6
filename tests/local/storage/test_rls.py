"""Row-level security beyond the tables of `rights.py`: what policies see, and single cases."""

from __future__ import annotations

import json

import pytest

from hipflask.testing import SignedIn, SupabaseBackend
from tests.local.storage.client import Storage, assert_refused, files_on_disk, sql

REFUSAL = "new row violates row-level security policy"


def policy(backend: SupabaseBackend, command: str, condition: str = "true") -> None:
    """Let visitors do one thing."""
    word = "with check" if command == "insert" else "using"
    sql(
        backend,
        f"create policy {command}_{abs(hash(condition))} on storage.objects"
        f" for {command} to anon {word} ({condition})",
    )


def test_upload_needs_insert_alone(
    backend: SupabaseBackend, storage: Storage, anon: Storage
) -> None:
    policy(backend, "insert")
    answer = anon.upload("b1/a")
    assert (answer.status, bool(answer.json["Id"])) == (200, True)
    assert_refused(anon.upload("b1/a"), 409, "KeyAlreadyExists")


@pytest.mark.parametrize("commands", [["insert"], ["insert", "select"]])
def test_upsert_needs_update_too(
    backend: SupabaseBackend, storage: Storage, anon: Storage, commands: list[str]
) -> None:
    for command in commands:
        policy(backend, command)
    storage.keep("b1/there")
    answer = anon.upload("b1/there", b"other", method="PUT")
    assert_refused(answer, 403, "AccessDenied", REFUSAL, error="Unauthorized")
    policy(backend, "update")
    taken = anon.upload("b1/there", b"other", method="PUT").status == 200
    assert taken is ("select" in commands)


def test_upsert_of_a_new_name_needs_select(
    backend: SupabaseBackend, storage: Storage, anon: Storage
) -> None:
    """PostgreSQL asks so for every `on conflict do update`; the update right only in a conflict."""
    policy(backend, "insert")
    assert_refused(anon.upload("b1/new", method="PUT"), 403, "AccessDenied", REFUSAL)
    policy(backend, "select")
    assert anon.upload("b1/new", method="PUT").status == 200


def test_refused_upload_keeps_nothing(
    backend: SupabaseBackend, storage: Storage, anon: Storage
) -> None:
    assert_refused(anon.upload("b1/a", b"x" * 3_000_000), 403, "AccessDenied", REFUSAL)
    assert files_on_disk(backend) == []


def test_policies_see_what_is_uploaded(
    backend: SupabaseBackend, storage: Storage, anon: Storage
) -> None:
    policy(backend, "insert", "metadata->>'mimetype' = 'image/png'")
    assert anon.upload("b1/a", content_type="image/png").status == 200
    assert_refused(anon.upload("b1/b", content_type="text/plain"), 403, "AccessDenied")


@pytest.mark.parametrize(
    "condition",
    [
        "storage.operation() = 'storage.object.upload'",
        "storage.allow_only_operation('storage.object.upload')",
        "storage.allow_any_operation(array['storage.object.upload', 'storage.object.copy'])",
        "auth.role() = 'anon'",
        "auth.uid() is null",
        "(storage.foldername(name))[2] = 'f2'",
        "storage.filename(name) = 'a.tar.gz'",
        "storage.extension(name) = 'gz'",
        "current_setting('request.method', true) = 'POST'",
        "current_setting('request.headers', true)::json->>'x-flavour' = 'sweet'",
        "current_user = 'anon'",
    ],
)
def test_what_a_policy_may_ask(
    backend: SupabaseBackend, storage: Storage, anon: Storage, condition: str
) -> None:
    policy(backend, "insert", condition)
    answer = anon.upload("b1/f1/f2/a.tar.gz", x_flavour="sweet")
    assert answer.status == 200, answer


@pytest.mark.parametrize("header", ["authorization", "apikey", "cookie"])
def test_secrets_are_not_shown_to_policies(
    backend: SupabaseBackend, storage: Storage, anon: Storage, header: str
) -> None:
    policy(
        backend, "insert", f"current_setting('request.headers', true)::json->>'{header}' is null"
    )
    answer = anon.upload("b1/a", apikey=backend.anon_key, cookie="a=b")
    assert answer.status == 200, answer


@pytest.mark.parametrize(
    ("operation", "path", "body"),
    [
        ("storage.object.list", "/object/list/b1", {"prefix": ""}),
        ("storage.object.list_v2", "/object/list-v2/b1", {}),
        ("storage.object.sign", "/object/sign/b1/a", {"expiresIn": 9}),
        ("storage.object.sign_many", "/object/sign/b1", {"expiresIn": 9, "paths": ["a"]}),
    ],
)
def test_names_of_operations(
    backend: SupabaseBackend,
    storage: Storage,
    anon: Storage,
    operation: str,
    path: str,
    body: dict[str, object],
) -> None:
    storage.keep("b1/a")
    policy(backend, "select", f"storage.operation() = '{operation}'")
    answer = anon.post(path, body)
    assert answer.status == 200, answer
    assert '"a' in json.dumps(answer.json) or "b1/a" in json.dumps(answer.json)


def test_policy_that_breaks_off(backend: SupabaseBackend, storage: Storage, anon: Storage) -> None:
    policy(backend, "insert", "(1 / 0) = 1")
    answer = anon.upload("b1/a")
    assert (answer.status, answer.json["code"]) == (500, "DatabaseError"), answer
    assert files_on_disk(backend) == []


def test_policy_that_names_no_column(
    backend: SupabaseBackend, storage: Storage, anon: Storage
) -> None:
    sql(
        backend,
        "create function public.broken() returns boolean language plpgsql as"
        " $$ begin return (select nothing_here from storage.objects limit 1); end $$",
    )
    policy(backend, "insert", "public.broken()")
    answer = anon.upload("b1/a")
    assert answer.json["code"] == "DatabaseSchemaMismatch", answer


def test_deletes_of_many_leave_what_must_stay(
    backend: SupabaseBackend, storage: Storage, anon: Storage
) -> None:
    storage.keep("b1/mine", "b1/theirs")
    policy(backend, "select")
    policy(backend, "delete", "name = 'mine'")
    answer = anon.delete("/object/b1", {"prefixes": ["mine", "theirs"]})
    assert [row["name"] for row in answer.json] == ["mine"]
    assert storage.names("b1") == ["theirs"]


def test_list_shows_what_may_be_seen(
    backend: SupabaseBackend, storage: Storage, anon: Storage
) -> None:
    storage.keep("b1/open/a", "b1/open/b", "b1/shut/c", "b1/top")
    policy(backend, "select", "(storage.foldername(name))[1] = 'open'")
    assert anon.names("b1") == ["open"]
    assert anon.names("b1", "open") == ["a", "b"]
    assert anon.names("b1", "shut") == []


def test_user_who_was_deleted_keeps_their_files(
    backend: SupabaseBackend, storage: Storage, ann: SignedIn
) -> None:
    sql(backend, "create policy p on storage.objects for insert to authenticated with check (true)")
    storage.as_(ann.access_token).keep("b1/a")
    sql(backend, f"delete from auth.users where id = '{ann.user.id}'")
    assert storage.read("b1/a") == b"hello"


def test_no_role_stays_on_a_connection(
    backend: SupabaseBackend, storage: Storage, anon: Storage
) -> None:
    """After refusals of every kind the next request is nobody else's."""
    storage.keep("b1/a")
    for _ in range(12):
        anon.upload("b1/new")
        anon.delete("/object/b1/a")
        anon.get("/object/b1/a")
        anon.post("/object/move", {"bucketId": "b1", "sourceKey": "a", "destinationKey": "b"})
        assert storage.read("b1/a") == b"hello"
        assert_refused(anon.get("/object/b1/a"), 404, "NoSuchKey")
