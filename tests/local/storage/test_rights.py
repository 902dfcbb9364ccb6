"""The tables of `rights.py`, by REST: every operation, by everybody."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import Reply, Storage, sql
from tests.local.storage.rights import (
    AVATARS,
    BUCKETS,
    DOCS,
    DROP,
    DROPBOX,
    EMPTY,
    PEOPLE,
    PRIVATE,
    PUBLIC,
    Outcome,
    Place,
    Row,
    Scene,
    set_scene,
)

Act = Callable[[Storage, Place], Reply]
OTHER: Final = b"other"


def _put(storage: Storage, place: Place) -> Reply:
    return storage.upload(f"{place.bucket}/{place.name}", OTHER, method="PUT")


def _put_new(storage: Storage, place: Place) -> Reply:
    return storage.upload(f"{place.bucket}/{place.new}", OTHER, method="PUT")


def _upsert(storage: Storage, place: Place) -> Reply:
    return storage.upload(f"{place.bucket}/{place.name}", OTHER, x_upsert="true")


def _transfer(action: str, to: str) -> Act:
    def act(storage: Storage, place: Place) -> Reply:
        body = {
            "bucketId": place.bucket,
            "sourceKey": place.name,
            "destinationKey": getattr(place, to),
        }
        return storage.post(f"/object/{action}", body)

    return act


def _list(storage: Storage, place: Place) -> Reply:
    return storage.post(f"/object/list/{place.bucket}", {"prefix": place.folder})


def _list_v2(storage: Storage, place: Place) -> Reply:
    return storage.post(f"/object/list-v2/{place.bucket}", {"prefix": place.folder})


def _sign_many(storage: Storage, place: Place) -> Reply:
    body = {"expiresIn": 60, "paths": [place.name]}
    return storage.post(f"/object/sign/{place.bucket}", body)


ACTS: Final[Mapping[str, Act]] = {
    "upload": lambda who, at: who.upload(f"{at.bucket}/{at.new}", OTHER),
    "upload what exists": lambda who, at: who.upload(f"{at.bucket}/{at.name}", OTHER),
    "upsert": _upsert,
    "update": _put,
    "update what is missing": _put_new,
    "download": lambda who, at: who.get(f"/object/authenticated/{at.bucket}/{at.name}"),
    "head": lambda who, at: who.head(f"/object/{at.bucket}/{at.name}"),
    "info": lambda who, at: who.get(f"/object/info/{at.bucket}/{at.name}"),
    "list": _list,
    "list v2": _list_v2,
    "sign": lambda who, at: who.post(f"/object/sign/{at.bucket}/{at.name}", {"expiresIn": 60}),
    "sign many": _sign_many,
    "sign upload": lambda who, at: who.post(f"/object/upload/sign/{at.bucket}/{at.new}"),
    "move": _transfer("move", "new"),
    "move to somebody else": _transfer("move", "elsewhere"),
    "copy": _transfer("copy", "new"),
    "copy to somebody else": _transfer("copy", "elsewhere"),
    "delete": lambda who, at: who.delete(f"/object/{at.bucket}/{at.name}"),
    "delete many": lambda who, at: who.delete(f"/object/{at.bucket}", {"prefixes": [at.name]}),
    "create bucket": lambda who, _: who.post("/bucket", {"name": "rights-new"}),
    "get bucket": lambda who, _: who.get(f"/bucket/{EMPTY}"),
    "list buckets": lambda who, _: who.get("/bucket"),
    "update bucket": lambda who, _: who.put(f"/bucket/{EMPTY}", {"public": True}),
    "empty bucket": lambda who, at: who.post(f"/bucket/{at.bucket}/empty"),
    "delete bucket": lambda who, _: who.delete(f"/bucket/{EMPTY}"),
}
#: What reads alone; everything else must leave a mark where it was done, and none elsewhere.
READING: Final = frozenset(
    {
        *("download", "head", "info", "list", "list v2", "sign", "sign many", "sign upload"),
        *("get bucket", "list buckets"),
    }
)
_CODES: Final = {
    "AccessDenied": Outcome.REFUSED,
    "NoSuchKey": Outcome.HIDDEN,
    "NoSuchBucket": Outcome.HIDDEN,
    "KeyAlreadyExists": Outcome.EXISTS,
}


def outcome_of(operation: str, answer: Reply) -> Outcome:
    """Read an answer."""
    if operation == "head":
        return Outcome.DONE if answer.status == 200 else Outcome.HIDDEN
    if answer.status != 200:
        return _CODES[answer.json["code"]]
    if operation == "download":
        assert answer.body == b"hello"
        return Outcome.DONE
    return Outcome.NOTHING if _is_about_nothing(operation, answer.json) else Outcome.DONE


def _is_about_nothing(operation: str, body: Any) -> bool:
    match operation:
        case "list v2":
            return not body["objects"] and not body["folders"]
        case "sign many":
            return body[0]["signedURL"] is None
        case "list buckets":
            return not [one for one in body if one["id"].startswith("rights-")]
        case _:
            return body == []


def state(backend: SupabaseBackend) -> list[tuple[Any, ...]]:
    """Return everything that an operation could change."""
    return sql(
        backend,
        "select bucket_id, name, version, owner_id from storage.objects union all"
        " select id, name, public::text, file_size_limit::text from storage.buckets order by 1, 2",
    )


def cells(table: Mapping[str, Row]) -> list[Any]:
    return [
        pytest.param(operation, person, expected, id=f"{operation}-{person}")
        for operation, row in table.items()
        for person, expected in zip(PEOPLE, row, strict=True)
    ]


@pytest.fixture
def scene(backend: SupabaseBackend) -> Scene:
    return set_scene(backend)


def check(scene: Scene, bucket: str, operation: str, person: str, expected: Outcome) -> None:
    before = state(scene.backend)
    answer = ACTS[operation](scene.storage_of(person), scene.places[bucket])
    assert outcome_of(operation, answer) is expected, answer
    changed = state(scene.backend) != before
    assert changed is (expected is Outcome.DONE and operation not in READING)


@pytest.mark.parametrize(("operation", "person", "expected"), cells(PRIVATE))
def test_private_files(scene: Scene, operation: str, person: str, expected: Outcome) -> None:
    check(scene, DOCS, operation, person, expected)


@pytest.mark.parametrize(("operation", "person", "expected"), cells(PUBLIC))
def test_public_files(scene: Scene, operation: str, person: str, expected: Outcome) -> None:
    check(scene, AVATARS, operation, person, expected)


@pytest.mark.parametrize(("operation", "person", "expected"), cells(DROP))
def test_dropbox(scene: Scene, operation: str, person: str, expected: Outcome) -> None:
    check(scene, DROPBOX, operation, person, expected)


@pytest.mark.parametrize(("operation", "person", "expected"), cells(BUCKETS))
def test_buckets(scene: Scene, operation: str, person: str, expected: Outcome) -> None:
    check(scene, DOCS, operation, person, expected)


def test_public_files_need_no_key(scene: Scene) -> None:
    place = scene.places[AVATARS]
    nobody = Storage(scene.backend)
    assert nobody.get(f"/object/public/{place.bucket}/{place.name}").body == b"hello"
    private = scene.places[DOCS]
    assert nobody.get(f"/object/{private.bucket}/{private.name}").json["code"] == "NoSuchBucket"


def test_every_operation_is_in_a_table() -> None:
    assert set(ACTS) == set(PRIVATE) | set(PUBLIC) | set(DROP) | set(BUCKETS)
