"""What every answer has in common: JSON, error bodies, limits."""

from __future__ import annotations

import io
import json
import threading
from unittest.mock import patch

import pytest
from werkzeug.test import Client

from hipflask.local.auth import users
from hipflask.local.auth.errors import newest_version_at_most
from tests.local.auth.service import PASSWORD, AuthService, assert_refused

VERSION = "X-Supabase-Api-Version"


def test_unknown_path_is_a_json_404(auth: AuthService) -> None:
    answer = auth.get("/nothing/here")
    assert_refused(answer, 404, "unknown", "404 page not found")
    assert answer.mimetype == "application/json"


def test_wrong_method_is_json_and_says_what_is_allowed(auth: AuthService) -> None:
    answer = auth.get("/signup")
    assert answer.status_code == 405
    assert answer.mimetype == "application/json"
    assert "POST" in answer.headers["Allow"]


def test_trailing_slash_is_the_same_path(auth: AuthService) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    assert auth.post("/signup/", body).status_code == 200


@pytest.mark.parametrize("asked", ["2024-01-01", "2026-05-05"])
def test_newer_error_body(auth: AuthService, asked: str) -> None:
    answer = auth.get("/user", headers={VERSION: asked})
    assert answer.status_code == 401
    assert answer.json == {
        "code": "no_authorization",
        "message": "This endpoint requires a valid Bearer token",
    }
    assert answer.headers[VERSION] == "2024-01-01"
    assert answer.headers["x-sb-error-code"] == "no_authorization"


@pytest.mark.parametrize("asked", ["2023-12-31", "soon", "2024-1-1", ""])
def test_older_error_body(auth: AuthService, asked: str) -> None:
    answer = auth.get("/user", headers={VERSION: asked})
    assert answer.json == {
        "code": 401,
        "error_code": "no_authorization",
        "msg": "This endpoint requires a valid Bearer token",
    }
    assert VERSION not in answer.headers


def test_newer_body_of_a_weak_password(auth: AuthService) -> None:
    body = {"email": "ada@example.com", "password": "x"}
    answer = auth.post("/signup", body, headers={VERSION: "2024-01-01"})
    assert answer.json == {
        "code": "weak_password",
        "message": "Password should be at least 6 characters.",
        "weak_password": {"reasons": ["length"]},
    }


@pytest.mark.parametrize("asked", ["٢٠٢٤-٠١-٠١", "2024-13-01", "2024-W01-1", "20240101"])
def test_no_date_is_the_first_version(asked: str) -> None:
    assert newest_version_at_most(asked) == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"\xff\xfe{}",
        b'{"email": NaN}',
        b'{"email": "\\ud800"}',
        b'{"email": "a\\u0000b"}',
        b'{"data": {"a": ["\\u0000"]}}',
        b'{"data": {"\\u0000": 1}}',
        b"[" * 100_000,
        b'{"email": ' + b"9" * 5000 + b"}",
        b'{"data": {"a": ' + b"9" * 400 + b"}}",
        b'{"data": {"a": 1e400}}',
        b'{"data": {"a": -1e400}}',
        b'{"data": {"a": "\xed\xa0\x80"}}',  # a surrogate, as no UTF-8 has it
        '{"data": {"a": "\\u0000"}}'.encode("utf-16"),
        "{}".encode("utf-16-le"),
        b'\xef\xbb\xbf{"email": "ada@example.com"}',
        b'{"data": ' + b'{"a": ' * 101 + b"1" + b"}" * 102,
        b'{"data": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
    ],
)
def test_broken_json(auth: AuthService, body: bytes) -> None:
    answer = auth.post("/signup", body)
    assert_refused(answer, 400, "bad_json")
    assert answer.json["msg"].startswith("Could not parse request body as JSON: ")


def test_null_is_an_empty_object(auth: AuthService) -> None:
    assert_refused(auth.post("/signup", b"null"), 422, "anonymous_provider_disabled")


def test_escaped_text_that_can_be_stored(auth: AuthService) -> None:
    body = {
        "email": "ada@example.com",
        "password": PASSWORD,
        "data": {"name": "\U0001f469 \\u0000"},
    }
    answer = auth.post("/signup", json.dumps(body).encode())
    assert answer.json["user"]["user_metadata"]["name"] == "\U0001f469 \\u0000"


def test_wide_metadata_is_not_deep(auth: AuthService) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD, "data": {"a": [[]] * 500}}
    assert auth.post("/signup", body).json["user"]["user_metadata"]["a"] == [[]] * 500


def test_body_of_ten_megabytes(auth: AuthService) -> None:
    body = json.dumps({"email": "ada@example.com", "password": "x" * 10_000_000}).encode()
    answer = auth.post("/signup", body)
    assert_refused(answer, 413, "request_entity_too_large")


@pytest.mark.parametrize(("size", "status"), [(1000, 400), (1 << 20, 413), (3_000_000, 413)])
def test_chunked_body(auth: AuthService, size: int, status: int) -> None:
    answer = Client(auth.app).post(
        "/signup",
        input_stream=io.BytesIO(b"x" * size),
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert answer.status_code == status


def test_audience_that_no_column_holds(auth: AuthService) -> None:
    body = {"email": "ada@example.com", "password": PASSWORD}
    answer = auth.post("/signup", body, headers={"X-JWT-AUD": "x" * 256})
    assert_refused(answer, 400, "validation_failed")


def test_body_of_just_a_megabyte(auth: AuthService) -> None:
    rest = len(json.dumps({"email": "a@b.example", "password": PASSWORD, "data": {"a": ""}}))
    body = {"email": "a@b.example", "password": PASSWORD, "data": {"a": "x" * ((1 << 20) - rest)}}
    assert auth.post("/signup", json.dumps(body).encode()).status_code == 200


def test_grant_type_may_come_as_a_form(auth: AuthService) -> None:
    answer = auth.post(
        "/token",
        b"grant_type=password&x=1",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert_refused(answer, 400, "bad_json")  # the form was the body, so there is no JSON


def test_own_mistake_is_a_plain_500(auth: AuthService, caplog: pytest.LogCaptureFixture) -> None:
    with patch.object(users, "find_by_email", side_effect=RuntimeError("secret detail")):
        answer = auth.post(
            "/token?grant_type=password", {"email": "ada@example.com", "password": PASSWORD}
        )
    assert_refused(
        answer,
        500,
        "unexpected_failure",
        "Unexpected failure, please check server logs for more information",
    )
    assert "secret detail" not in answer.text
    assert answer.json["error_id"] in caplog.text
    assert PASSWORD not in caplog.text


def test_requests_of_many_threads(auth: AuthService) -> None:
    statuses: list[int] = []

    def sign_up(number: int) -> None:
        body = {"email": f"user{number}@example.com", "password": PASSWORD}
        statuses.append(auth.post("/signup", body).status_code)

    threads = [threading.Thread(target=sign_up, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 24
    assert auth.count("auth.users") == auth.count("auth.sessions") == 24
