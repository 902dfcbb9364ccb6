"""Storage's errors become ours by what the body says, whatever the HTTP status."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hipflask import errors
from hipflask.kit.storage.refusals import KINDS, Subject, refusal

OF = Subject("files", "a.txt", "text/plain", target=Subject("other", "b.txt"))


def answer(status: int, body: Any, **headers: str) -> errors.HipFlaskError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return refusal(status, raw, {k.replace("_", "-"): v for k, v in headers.items()}, OF)


def body(code: str, status: str, error: str, message: str) -> dict[str, str]:
    return {"statusCode": status, "error": error, "message": message, "code": code}


SEEN = [
    (body("NoSuchKey", "404", "not_found", "Object not found"), errors.ObjectNotFound),
    (body("NoSuchBucket", "404", "Bucket not found", "Bucket not found"), errors.BucketNotFound),
    (body("KeyAlreadyExists", "409", "Duplicate", "exists"), errors.ObjectExists),
    (body("ResourceAlreadyExists", "409", "Duplicate", "exists"), errors.ObjectExists),
    (body("EntityTooLarge", "413", "Payload too large", "x"), errors.TooLarge),
    (body("InvalidMimeType", "415", "invalid_mime_type", "x"), errors.TypeRefused),
    (body("InvalidKey", "400", "InvalidKey", "Invalid key: h#h"), errors.NameRefused),
    (body("InvalidRange", "416", "invalid_range", "x"), errors.RangeRefused),
    (body("AccessDenied", "403", "Unauthorized", "new row violates"), errors.NotAllowed),
    (body("AccessDenied", "403", "Unauthorized", "Access denied"), errors.NotAllowed),
    (body("AccessDenied", "403", "Unauthorized", "Invalid Compact JWS"), errors.TokenRejected),
    (
        body("AccessDenied", "403", "Unauthorized", '"exp" claim timestamp check failed'),
        errors.TokenRejected,
    ),
    (
        body("AccessDenied", "403", "Unauthorized", "signature verification failed"),
        errors.TokenRejected,
    ),
    (body("InvalidRequest", "400", "Error", "body must have …"), errors.StorageRefused),
    (body("FeatureNotEnabled", "409", "FeatureNotEnabled", "x"), errors.StorageRefused),
    (body("SlowDown", "429", "too_many_connections", "x"), errors.StorageUnavailable),
    (body("DatabaseTimeout", "544", "DatabaseTimeout", "x"), errors.StorageUnavailable),
    (body("InternalError", "500", "Internal", "x"), errors.StorageUnavailable),
    (body("SomethingNew", "404", "New", "x"), errors.StorageRefused),
    (body("SomethingNew", "500", "New", "x"), errors.StorageUnavailable),
]


_YOUNG = ("Error", "New", "InvalidKey", "Internal", "FeatureNotEnabled")
"""Words of errors that only the code tells apart."""


@pytest.mark.parametrize(("said", "kind"), SEEN)
def test_the_body_decides(said: dict[str, str], kind: type) -> None:
    found = answer(400, said)
    assert type(found) is kind
    assert found.message


@pytest.mark.parametrize(
    ("said", "kind"),
    [pair for pair in SEEN if pair[0]["error"] not in _YOUNG],
)
def test_an_older_server_without_codes(said: dict[str, str], kind: type) -> None:
    assert type(answer(400, {**said, "code": None})) is kind


def test_every_code_has_an_error_with_advice() -> None:
    for code in KINDS:
        found = answer(400, body(code, "400", "x", "x"))
        assert isinstance(found, errors.StorageError | errors.TokenRejected)
        assert type(found) is not errors.StorageRefused


def test_the_error_carries_what_a_handler_needs() -> None:
    found = answer(400, body("NoSuchKey", "404", "not_found", "Object not found"))
    assert isinstance(found, errors.ObjectNotFound)
    assert (found.bucket, found.name, found.code, found.status) == (
        *("files", "a.txt"),
        *("NoSuchKey", 404),
    )


def test_where_it_was_to_go_is_named() -> None:
    exists = answer(400, body("ResourceAlreadyExists", "409", "Duplicate", "exists"))
    assert isinstance(exists, errors.ObjectExists)
    assert (exists.bucket, exists.name) == ("other", "b.txt")
    said = body("InvalidRequest", "404", "x", "The related resource does not exist")
    missing = answer(400, said)
    assert isinstance(missing, errors.BucketNotFound)
    assert missing.bucket == "other"


@pytest.mark.parametrize(
    ("status", "raw", "kind"),
    [
        (413, b"<html>413 Request Entity Too Large</html>", errors.TooLarge),
        (429, b"slow down", errors.StorageUnavailable),
        (400, b"<html>a page</html>", errors.StorageUnavailable),
        (302, b"", errors.StorageUnavailable),
        (404, b"", errors.StorageUnavailable),
        (501, b'{"message": "not here yet"}', errors.StorageUnavailable),
        (502, b"[]", errors.StorageUnavailable),
        (540, b"", errors.StorageUnavailable),
    ],
)
def test_something_else_than_storage_answers(status: int, raw: bytes, kind: type) -> None:
    assert type(answer(status, raw)) is kind


def test_a_refused_api_key_is_nobodys_token() -> None:
    found = answer(401, {"message": "Invalid API key", "hint": "x"})
    assert isinstance(found, errors.StorageUnavailable)
    assert found.reason == "api_key"


def test_a_bad_token_without_a_user_is_the_key() -> None:
    said = json.dumps(body("AccessDenied", "403", "Unauthorized", "Invalid Compact JWS"))
    found = refusal(400, said.encode(), {}, OF, with_token=False)
    assert isinstance(found, errors.StorageUnavailable)
    assert found.reason == "api_key"


def test_when_to_try_again() -> None:
    slow = body("SlowDown", "429", "too_many_connections", "x")
    given, own = answer(429, slow, Retry_After="7"), answer(429, slow)
    assert isinstance(given, errors.StorageUnavailable)
    assert isinstance(own, errors.StorageUnavailable)
    assert (given.retry_after, own.retry_after) == (7, 2)
