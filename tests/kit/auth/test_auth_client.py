"""The client against servers that misbehave; that it works is shown by the other tests."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hipflask import errors
from hipflask.kit.auth.client import AuthClient
from hipflask.kit.auth.refusals import PLAIN, RATE_LIMITS, refusal
from hipflask.protocol import api_keys

PUBLISHABLE = api_keys.new_key(api_keys.PUBLISHABLE_PREFIX, "abcd", bytes(range(16)))
SECRET = api_keys.new_key(api_keys.SECRET_PREFIX, "abcd", bytes(range(16)))


class Stub:
    """A server that answers what a test tells it to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[http.server.BaseHTTPRequestHandler], None] = say(200, {})
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        stub = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                stub.asked.append((f"{self.command} {self.path}", headers, body))
                stub.answer(self)

            do_GET = do_POST = do_PUT = _serve  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/auth/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def say(
    status: int, body: Any, **headers: str
) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    return answer


def hang_up(handler: http.server.BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()
    yield stub
    stub.close()


@pytest.fixture
def client(stub: Stub) -> Iterator[AuthClient]:
    client = AuthClient(stub.url, PUBLISHABLE, SECRET, timeout=0.5)
    yield client
    client.close()


def test_sends_key_version_and_visitor(stub: Stub, client: AuthClient) -> None:
    client.recover(
        "a@example.com", redirect_to="https://x.example/?flow=1&b=2", address="2001:db8::7"
    )
    path, headers, body = stub.asked[0]
    assert path == "POST /auth/v1/recover?redirect_to=https%3A%2F%2Fx.example%2F%3Fflow%3D1%26b%3D2"
    assert headers["apikey"] == SECRET
    assert headers["sb-forwarded-for"] == "2001:db8::7"
    assert headers["x-supabase-api-version"] == "2024-01-01"
    assert "authorization" not in headers
    assert "mozilla" not in headers["user-agent"].lower()
    assert json.loads(body) == {"email": "a@example.com"}


def test_secret_key_stays_home_without_need(stub: Stub, client: AuthClient) -> None:
    client.recover("a@example.com")
    assert stub.asked[0][1]["apikey"] == PUBLISHABLE
    assert "sb-forwarded-for" not in stub.asked[0][1]


def test_legacy_key_is_its_own_bearer(stub: Stub) -> None:
    legacy = "eyJhbGciOiJIUzI1NiJ9." + "eyJyb2xlIjoiYW5vbiJ9" + ".x"
    client = AuthClient(stub.url, legacy)
    client.recover("a@example.com", address="203.0.113.7")
    headers = stub.asked[0][1]
    assert headers["authorization"] == f"Bearer {legacy}"
    assert "sb-forwarded-for" not in headers
    client.close()


def test_bearer_is_the_users(stub: Stub, client: AuthClient) -> None:
    client.sign_out("user token", "global")
    path, headers, _ = stub.asked[0]
    assert path == "POST /auth/v1/logout?scope=global"
    assert headers["authorization"] == "Bearer user token"


def test_reading_is_tried_again(stub: Stub, client: AuthClient) -> None:
    answers = iter([hang_up, say(200, {"keys": []})])
    stub.answer = lambda handler: next(answers)(handler)
    assert client.jwks() == {"keys": []}
    assert len(stub.asked) == 2


def test_signing_out_is_tried_again(stub: Stub, client: AuthClient) -> None:
    stub.answer = hang_up
    with pytest.raises(errors.AuthUnavailable):
        client.sign_out("token")
    assert len(stub.asked) > 1


def test_writing_is_not_tried_again(stub: Stub, client: AuthClient) -> None:
    stub.answer = hang_up
    for call in (
        lambda: client.refresh("t"),
        lambda: client.sign_in_with_password("a", "b"),
        lambda: client.update_user("t", {"password": "x"}),
        lambda: client.verify_token_hash("signup", "h"),
    ):
        stub.asked.clear()
        with pytest.raises(errors.AuthUnavailable):
            call()
        assert len(stub.asked) == 1


def test_time_limit(stub: Stub, client: AuthClient) -> None:
    stub.answer = lambda handler: time.sleep(1)
    began = time.monotonic()
    with pytest.raises(errors.AuthUnavailable) as caught:
        client.sign_in_with_password("a", "b")
    assert caught.value.reason == "timeout"
    assert time.monotonic() - began < 0.95


def test_nobody_there() -> None:
    client = AuthClient("http://127.0.0.1:1/auth/v1", PUBLISHABLE)
    with pytest.raises(errors.AuthUnavailable) as caught:
        client.refresh("t")
    assert caught.value.reason == "unreachable"
    assert "127.0.0.1:1" in caught.value.message


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (say(200, b"<html>"), "failed"),
        (say(200, [1]), "failed"),
        (say(502, b"Bad Gateway"), "failed"),
        (say(503, {"message": "no"}), "failed"),
        (say(500, {"code": "unexpected_failure", "message": "Database error"}), "failed"),
        (say(540, {"message": "project paused"}), "paused"),
        (say(401, {"message": "Invalid API key"}), "api_key"),
        (say(302, b"", Location="http://127.0.0.1:1/"), "failed"),
        (say(200, {"access_token": 7}), "malformed"),
    ],
)
def test_answers_of_a_broken_project(
    stub: Stub, client: AuthClient, answer: Any, reason: str
) -> None:
    stub.answer = answer
    with pytest.raises(errors.AuthUnavailable) as caught:
        client.refresh("t")
    assert caught.value.reason == reason


@pytest.mark.parametrize("code", sorted(PLAIN))
@pytest.mark.parametrize("version", ["2024-01-01", "before"])
def test_codes_have_classes(code: str, version: str) -> None:
    body: dict[str, Any] = (
        {"code": code, "message": "m"}
        if version == "2024-01-01"
        else {"code": 400, "error_code": code, "msg": "m"}
    )
    error = refusal(400, body, {})
    assert type(error) is PLAIN[code]
    assert (error.code, error.status, error.message) == (code, 400, "m")


@pytest.mark.parametrize("code", sorted(RATE_LIMITS))
def test_rate_limits_say_when(code: str) -> None:
    message = "For security purposes, you can only request this after 42 seconds."
    error = refusal(429, {"code": code, "message": message}, {})
    assert isinstance(error, errors.TooManyAttempts)
    assert error.retry_after == 42
    by_header = refusal(429, None, {"Retry-After": "7"})
    assert isinstance(by_header, errors.TooManyAttempts)
    assert by_header.retry_after == 7


def test_weak_password_has_reasons() -> None:
    body = {"code": "weak_password", "message": "m", "weak_password": {"reasons": ["length"]}}
    error = refusal(422, body, {})
    assert isinstance(error, errors.WeakPassword)
    assert error.reasons == ("length",)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Unable to validate email address: invalid format", errors.EmailRefused),
        ("Signup requires a valid password", errors.AuthRejected),
    ],
)
def test_validation_is_told_apart(message: str, expected: type[errors.AuthError]) -> None:
    error = refusal(400, {"code": "validation_failed", "message": message}, {})
    assert type(error) is expected


def test_unknown_code_keeps_its_name() -> None:
    error = refusal(422, {"code": "brand_new_code", "message": "m"}, {})
    assert type(error) is errors.AuthRejected
    assert error.code == "brand_new_code"


def test_repr_has_no_key(client: AuthClient) -> None:
    assert SECRET not in repr(client)
