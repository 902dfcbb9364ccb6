"""What Storage answers when it refuses: HTTP 400, and the true status in the body."""

from __future__ import annotations

import time

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import NOTHING, Storage, assert_refused, sign


def test_missing_bucket(service: Storage) -> None:
    answer = service.get("/bucket/none")
    assert answer.status == 400
    assert answer.json == {
        "statusCode": "404",
        "error": "Bucket not found",
        "message": "Bucket not found",
        "code": "NoSuchBucket",
    }


def test_missing_object(storage: Storage) -> None:
    answer = storage.get("/object/b1/none")
    assert_refused(answer, 404, "NoSuchKey", "Object not found", error="not_found")


@pytest.mark.parametrize("path", ["/object/b1/none", "/object/authenticated/b1/none"])
def test_missing_object_by_head(storage: Storage, path: str) -> None:
    answer = storage.head(path)
    assert (answer.status, answer.body) == (400, b"")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/bucket"), ("POST", "/object/list/b1"), ("POST", "/object/b1/a.txt")],
)
def test_no_key(nobody: Storage, method: str, path: str) -> None:
    text = "headers must have required property 'authorization'"
    assert_refused(nobody.call(method, path), 400, "InvalidRequest", text, error="Error")


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "a.b.c.d", "ü.ü.ü"])
def test_token_that_is_none(storage: Storage, token: str) -> None:
    answer = storage.as_(token.encode().decode("latin-1")).get("/bucket")
    assert_refused(answer, 403, "AccessDenied", "Invalid Compact JWS", error="Unauthorized")


def test_token_of_another_project(backend: SupabaseBackend, service: Storage) -> None:
    forged = sign(backend, {"role": "service_role"}, "another secret, long enough to be one")
    answer = service.as_(forged).get("/bucket")
    assert_refused(answer, 403, "AccessDenied", "signature verification failed")


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE"])
def test_token_without_a_signature(service: Storage, algorithm: str) -> None:
    import jwt

    unsigned = jwt.encode({"role": "service_role"}, "", algorithm="none")
    head = jwt.utils.base64url_encode(b'{"alg":"' + algorithm.encode() + b'"}').decode()
    answer = service.as_(f"{head}.{unsigned.split('.')[1]}.").get("/bucket")
    assert_refused(answer, 403, "AccessDenied")


@pytest.mark.parametrize(
    ("claim", "offset", "text"),
    [("exp", -1, '"exp" claim timestamp check failed'), ("nbf", 60, '"nbf" claim timestamp')],
)
def test_token_outside_its_time(
    backend: SupabaseBackend, service: Storage, claim: str, offset: int, text: str
) -> None:
    token = sign(backend, {"role": "service_role", claim: int(time.time()) + offset})
    answer = service.as_(token).get("/bucket")
    assert_refused(answer, 403, "AccessDenied")
    assert text in answer.json["message"]


def test_token_expires_while_it_is_in_use(backend: SupabaseBackend, service: Storage) -> None:
    token = sign(backend, {"role": "service_role", "exp": int(time.time()) + 60})
    assert service.as_(token).get("/bucket").status == 200
    backend.clock.advance(minutes=2)
    assert_refused(service.as_(token).get("/bucket"), 403, "AccessDenied")
    backend.clock.advance(minutes=-2)
    assert service.as_(token).get("/bucket").status == 200


def test_token_without_a_role_is_a_visitors(backend: SupabaseBackend, storage: Storage) -> None:
    answer = storage.as_(sign(backend, {"sub": "somebody"})).get("/bucket")
    assert (answer.status, answer.json) == (200, [])


def test_unknown_role(backend: SupabaseBackend, storage: Storage) -> None:
    answer = storage.as_(sign(backend, {"role": "emperor"})).get("/bucket")
    assert_refused(answer, 500, "DatabaseError", "database error, code: 22023", http_status=500)


@pytest.mark.parametrize("role", ["supabase_storage_admin", "postgres", "none", "NONE"])
def test_no_token_makes_one_the_owner(
    backend: SupabaseBackend, storage: Storage, role: str
) -> None:
    answer = storage.as_(sign(backend, {"role": role})).get("/bucket")
    assert_refused(answer, 403, "AccessDenied", f'permission denied to set role "{role}"')


@pytest.mark.parametrize("scheme", ["bearer", "Bearer", "BEARER", "bEaReR"])
def test_scheme_in_any_case(backend: SupabaseBackend, nobody: Storage, scheme: str) -> None:
    answer = nobody.get("/bucket", authorization=f"{scheme} {backend.service_role_key}")
    assert answer.status == 200


@pytest.mark.parametrize("path", ["/object/b1/a.txt", "/object/upload/sign/b1/a.txt"])
def test_empty_json(storage: Storage, path: str) -> None:
    method = "POST" if "sign" in path else "DELETE"
    answer = storage.call(method, path, headers={"Content-Type": "application/json"})
    text = "Body cannot be empty when content-type is set to 'application/json'"
    assert answer.json["message"] == text
    assert (answer.status, answer.json["error"]) == (400, "FastifyError")


@pytest.mark.parametrize("path", ["/bucket/b1", "/bucket/b1/empty"])
def test_empty_json_where_nothing_is_asked(storage: Storage, path: str) -> None:
    method = "POST" if path.endswith("empty") else "DELETE"
    answer = storage.call(method, path, headers={"Content-Type": "application/json"})
    assert answer.status == 200, answer


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/bucket/b1"),
        ("PUT", "/bucket"),
        ("DELETE", "/bucket"),
        ("PATCH", "/object/b1/a"),
        ("GET", "/object"),
        ("POST", "/object/b1"),
    ],
)
def test_unknown_route_of_a_known_group(storage: Storage, method: str, path: str) -> None:
    answer = storage.call(method, path)
    text = f"Route {method}:{path} not found"
    assert_refused(answer, 404, "InvalidRequest", text, error="Not Found", http_status=404)


@pytest.mark.parametrize("path", ["/nope", "/", "", "/buckets", "/object-x/a"])
def test_unknown_route(storage: Storage, path: str) -> None:
    answer = storage.get(path)
    assert answer.status == 404
    assert answer.json["statusCode"] == 404
    assert answer.json["error"] == "Not Found"
    assert answer.json["message"].startswith("Route GET:/")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "body must have required property 'name'"),
        ({"name": []}, "body/name must be string"),
        ({"name": "x", "public": "perhaps"}, "body/public must be boolean"),
        ({"name": "x", "file_size_limit": -1}, "body/file_size_limit must be >= 0"),
        ({"name": "x", "allowed_mime_types": [{}]}, "body/allowed_mime_types/0 must be string"),
        ([], "body must be object"),
        ("text", "body must be object"),
        (NOTHING, "body must be object"),
    ],
)
def test_validation_says_what_is_wrong(service: Storage, body: object, text: str) -> None:
    answer = service.post("/bucket", body)
    assert_refused(answer, 400, "InvalidRequest", text, error="Error")


@pytest.mark.parametrize(
    "raw", [b"{", b"", b"nonsense", b"\xff\xfe", b"[" * 5000, b'{"name":"x"', b"NaN", b'"\\ud800"']
)
def test_malformed_json(service: Storage, raw: bytes) -> None:
    answer = service.post("/bucket", raw)
    assert (answer.status, answer.json["statusCode"]) == (400, "400"), answer


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "a\\u0000b"])
def test_text_that_no_database_takes(service: Storage, text: str) -> None:
    raw = f'{{"prefix":"{text}","search":"{text}","name":"b","id":"{text}"}}'.encode()
    for path in ("/object/list/b1", "/object/list-v2/b1", "/bucket"):
        answer = service.post(path, raw)
        assert_refused(answer, 400, "InvalidRequest")
