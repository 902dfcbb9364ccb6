"""A hook over HTTP: what is sent, and what counts as which answer (GoTrue, hookshttp.go)."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from hipflask.local.auth.hooks import webhooks
from hipflask.local.config import HookConfig
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.hooks.conftest import IMPATIENT, PATIENT, Hooked
from tests.local.auth.hooks.ways import JSON, KEY, SECRET, Reply, ServiceHook, is_signed
from tests.local.auth.service import PASSWORD, AuthService, assert_refused
from tests.local.auth.service import Reply as Answer

BODY = {"email": "ada@example.com", "password": PASSWORD}
UNAVAILABLE = "Service currently unavailable due to hook"


@pytest.fixture
def auth(hooked: Hooked, service: ServiceHook) -> AuthService:
    """An Auth app that asks a service about new users."""
    return hooked("before_user_created", service)


def sign_up(auth: AuthService) -> Answer:
    return auth.post("/signup", BODY)


def test_the_request_is_a_standard_webhook(auth: AuthService, service: ServiceHook) -> None:
    assert sign_up(auth).status_code == 200
    (headers,), (body,) = service.requests, service.bodies
    assert headers["content-type"] == "application/json"
    assert headers["accept-encoding"] == "identity"
    assert headers["webhook-timestamp"] == str(int(auth.clock.now().timestamp()))
    assert is_signed(headers, body)
    assert not is_signed(headers, body + b" ")
    assert not is_signed(headers | {"webhook-timestamp": "1"}, body)


def test_every_secret_signs(make_auth: MakeAuth, service: ServiceHook) -> None:
    other = b"another secret, 24 long."
    both = f"{SECRET}|v1,whsec_YW5vdGhlciBzZWNyZXQsIDI0IGxvbmcu"
    config = HookConfig(True, service.config.uri, both)
    assert sign_up(make_auth(hook={"before_user_created": config})).status_code == 200
    for key in (KEY, other):
        assert is_signed(service.requests[0], service.bodies[0], key)


def test_the_signature_of_the_specification() -> None:
    """The example of the Standard Webhooks libraries."""
    key = (HookConfig(secrets="v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).signing_keys
    made = webhooks.signatures(
        key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_address_may_hold_a_name_and_a_password(
    make_auth: MakeAuth, service: ServiceHook, caplog: pytest.LogCaptureFixture
) -> None:
    """They are sent as Go sends them, and said to nobody else."""
    config = HookConfig(True, f"http://ada:s%40crt@127.0.0.1:{service.port}/x?key=abc", SECRET)
    auth = make_auth(hook={"before_user_created": config}, context={"hook_limits": PATIENT})
    assert sign_up(auth).status_code == 200
    assert service.requests[0]["authorization"] == "Basic YWRhOnNAY3J0"
    service.first = [Reply(kind="hang up")]
    service.then = Reply(headers=JSON | {"Content-Length": "99"})  # ends too early
    message = f"Error running hook URI: http://127.0.0.1:{service.port}/x"
    answer = auth.post("/signup", BODY | {"email": "bob@example.com"})
    assert_refused(answer, 500, "unexpected_failure", message)
    assert f"The hook http://127.0.0.1:{service.port}/x was not reached" in caplog.text
    assert "crt" not in caplog.text
    assert "abc" not in caplog.text


def test_the_host_of_containers_is_this_machine(make_auth: MakeAuth, service: ServiceHook) -> None:
    config = HookConfig(True, f"http://host.docker.internal:{service.port}/x", SECRET)
    assert sign_up(make_auth(hook={"before_user_created": config})).status_code == 200
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(204, headers={}),
        Reply(200, b"null"),
        Reply(202, b" {} "),
        Reply(200, b"{}" + b" " * (200 * 1024 - 2)),
        Reply(200, b"{}", {"Content-Type": "Application/JSON"}),
    ],
    ids=["204", "null", "202", "as long as may be", "another case"],
)
def test_answers_that_agree(auth: AuthService, service: ServiceHook, reply: Reply) -> None:
    service.then = reply
    assert sign_up(auth).status_code == 200
    assert auth.count("auth.users") == 1


REFUSED = "Invalid JSON response. Received content-type: "
TYPE = "hook_payload_invalid_content_type"
FAILED = "unexpected_failure"


@pytest.mark.parametrize(
    ("reply", "status", "code", "message"),
    [
        (Reply(headers={"Content-Type": "text/plain"}), 400, TYPE, f"{REFUSED}text/plain"),
        (Reply(headers={}), 400, TYPE, "Invalid Content-Type: Missing Content-Type header"),
        (
            Reply(body=b"{}" + b" " * (200 * 1024 - 1)),
            422,
            "hook_payload_over_size_limit",
            "Payload size exceeded size limit of 204800 bytes",
        ),
        (Reply(body=b"<p>"), 500, FAILED, "Error unmarshaling JSON output."),
        (Reply(body=b""), 500, FAILED, "Error unmarshaling JSON output."),
        (Reply(body=b"[]"), 500, FAILED, "Error unmarshaling JSON output."),
        (Reply(body=b'{"a": NaN}'), 500, FAILED, "Error unmarshaling JSON output."),
        (Reply(body=b'{"a": 1e999}'), 500, FAILED, "Error unmarshaling JSON output."),
        (Reply(body=b"[" * 100_000), 500, FAILED, "Error unmarshaling JSON output."),
        (Reply(body=b'{"a": "\xff"}'), 500, FAILED, "Error unmarshaling JSON output."),
        (Reply(400), 500, FAILED, "Invalid payload sent to hook"),
        (Reply(401), 500, FAILED, "Hook requires authorization token"),
        (Reply(403), 500, FAILED, "Unexpected status code returned from hook: 403"),
        (Reply(500), 500, FAILED, "Unexpected status code returned from hook: 500"),
        (Reply(429), 500, FAILED, UNAVAILABLE),
        (Reply(503), 500, FAILED, UNAVAILABLE),
        (
            Reply(307, headers={"Location": "/elsewhere", "Content-Length": "0"}),
            500,
            FAILED,
            "Unexpected status code returned from hook: 307",
        ),
    ],
    ids=lambda value: str(value)[:20] if not isinstance(value, Reply) else "",
)
def test_answers_that_cannot_be_used(
    auth: AuthService, service: ServiceHook, reply: Reply, status: int, code: str, message: str
) -> None:
    service.then = reply
    assert_refused(sign_up(auth), status, code, message)
    assert len(service.requests) == 1
    assert auth.count("auth.users") == 0


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_service_is_asked_again_when_it_says_so(
    auth: AuthService, service: ServiceHook, status: int
) -> None:
    service.first = [Reply(status, headers={"Retry-After": "1"})] * 2
    assert sign_up(auth).status_code == 200
    assert len({request["webhook-id"] for request in service.requests}) == 3
    assert len({str(event) for event in service.events}) == 1


def test_a_service_that_stays_busy(auth: AuthService, service: ServiceHook) -> None:
    service.then = Reply(503, headers={"Retry-After": "1"})
    assert_refused(sign_up(auth), 500, "unexpected_failure", UNAVAILABLE)
    assert len(service.requests) == PATIENT.tries
    assert auth.count("auth.users") == 0


def test_a_connection_that_breaks_is_tried_again(auth: AuthService, service: ServiceHook) -> None:
    service.first = [Reply(kind="hang up")] * 2
    assert sign_up(auth).status_code == 200
    assert len(service.requests) == 3


def test_a_service_that_nobody_runs(make_auth: MakeAuth) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        port = closed_soon.getsockname()[1]
    config = HookConfig(True, f"http://127.0.0.1:{port}/", SECRET)
    auth = make_auth(hook={"before_user_created": config}, context={"hook_limits": PATIENT})
    message = "Failed to reach hook after maximum retries"
    assert_refused(sign_up(auth), 422, "hook_timeout_after_retry", message)
    assert auth.count("auth.users") == 0


def test_a_service_that_does_not_answer(hooked: Hooked, service: ServiceHook) -> None:
    auth = hooked("before_user_created", service, limits=IMPATIENT)
    service.then = Reply(kind="hang")
    message = "Failed to reach hook within maximum time of 0.400000 seconds"
    assert_refused(sign_up(auth), 422, "hook_timeout", message)
    assert auth.count("auth.users") == 0


def test_an_answer_that_does_not_end(hooked: Hooked, service: ServiceHook) -> None:
    auth = hooked("before_user_created", service, limits=IMPATIENT)
    service.then = Reply(kind="trickle")
    message = f"Error running hook URI: {service.config.uri}"
    assert_refused(sign_up(auth), 500, "unexpected_failure", message)
    assert auth.count("auth.users") == 0


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        ({"message": "No.", "http_code": 403}, 403, "unknown"),
        ({"message": "No.", "http_code": 502}, 502, "unknown"),
        ({"message": "No.", "http_code": 500}, 500, "unexpected_failure"),
        ({"message": "No.", "http_code": 0}, 500, "unexpected_failure"),
        ({"message": "No.", "http_code": 200}, 500, "unexpected_failure"),
        ({"message": "No.", "http_code": -1}, 500, "unexpected_failure"),
        ({"message": "No.", "http_code": None}, 500, "unexpected_failure"),
        ({"message": "No."}, 500, "unexpected_failure"),
    ],
)
def test_refusals(
    auth: AuthService, service: ServiceHook, error: Any, status: int, code: str
) -> None:
    service.answer({"error": error})
    assert_refused(sign_up(auth), status, code, "No.")
    assert auth.count("auth.users") == 0


def test_half_a_character_in_a_refusal(auth: AuthService, service: ServiceHook) -> None:
    service.then = Reply(body=b'{"error": {"message": "No \\ud83d", "http_code": 403}}')
    assert_refused(sign_up(auth), 403, "unknown", "No ?")


@pytest.mark.parametrize(
    "error",
    [
        "No.",
        {},
        {"http_code": 403},
        {"message": "", "http_code": 403},
        {"message": 1, "http_code": 403},
        {"message": "No.", "http_code": "403"},
        {"message": "No.", "http_code": 403.5},
    ],
)
def test_errors_that_gotrue_overlooks_are_logged(
    auth: AuthService, service: ServiceHook, error: Any, caplog: pytest.LogCaptureFixture
) -> None:
    service.answer({"error": error})
    assert sign_up(auth).status_code == 200
    assert "before_user_created answered an error that does not count" in caplog.text


def test_no_secret_in_the_log(
    auth: AuthService, service: ServiceHook, caplog: pytest.LogCaptureFixture
) -> None:
    service.then = Reply(500, b'{"very": "private"}', JSON)
    with caplog.at_level("DEBUG"):
        sign_up(auth)
    assert PASSWORD not in caplog.text
    assert SECRET not in caplog.text
    assert json.dumps(service.events[0]["user"]["id"]) not in caplog.text
