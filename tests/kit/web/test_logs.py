"""Log lines: Cloud Logging's fields, and no secret in any of them."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hipflask.kit.web.logs import (
    JsonFormatter,
    TextFormatter,
    configure_logging,
    masked,
    masked_query,
)
from hipflask.kit.web.settings import WebSettings
from tests.kit.web.conftest import PRODUCTION, MakeApp

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def lines() -> Any:
    """What the app under test logs, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("my-project"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_that_cloud_logging_understands(
    client: FlaskClient, lines: Any
) -> None:
    client.get("/", headers={"User-Agent": "Browser/1", "X-Request-Id": "abcdef-123456"})
    (line,) = lines()
    assert line["severity"] == "INFO"
    assert line["message"].startswith("GET / 200 ")
    assert line["route"] == "/"
    assert line["request_id"] == "abcdef-123456"
    assert line["logger"] == "hipflask.access"
    latency = line["httpRequest"].pop("latency")
    assert latency.endswith("s")
    assert float(latency[:-1]) >= 0
    assert line["httpRequest"] == {
        "requestMethod": "GET",
        "requestUrl": "/",
        "status": 200,
        "remoteIp": "127.0.0.1",
        "userAgent": "Browser/1",
        "protocol": "HTTP/1.1",
        "responseSize": "4",
    }


@pytest.mark.parametrize(
    ("name", "value", "span"),
    [
        ("X-Cloud-Trace-Context", f"{TRACE}/255;o=1", "00000000000000ff"),
        ("traceparent", f"00-{TRACE}-b7ad6b7169203331-01", "b7ad6b7169203331"),
    ],
)
def test_a_line_belongs_to_its_trace(
    client: FlaskClient, lines: Any, name: str, value: str, span: str
) -> None:
    client.get("/", headers={name: value})
    (line,) = lines()
    assert line["logging.googleapis.com/trace"] == f"projects/my-project/traces/{TRACE}"
    assert line["logging.googleapis.com/spanId"] == span
    assert line["logging.googleapis.com/trace_sampled"] is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Cloud-Trace-Context", "../../etc"),
        ("X-Cloud-Trace-Context", f"{TRACE}/x"),
        ("traceparent", "00-short-x-01"),
    ],
)
def test_a_malformed_trace_is_ignored(
    client: FlaskClient, lines: Any, name: str, value: str
) -> None:
    client.get("/", headers={name: value})
    assert "logging.googleapis.com/trace" not in lines()[0]


@pytest.mark.parametrize("given", ["short", "x" * 65, "a b c d e f", "<script>", "-leading-dash"])
def test_a_malformed_request_id_is_replaced(client: FlaskClient, given: str) -> None:
    # It goes into pages and log lines: nobody may write there what they like.
    answered = client.get("/", headers={"X-Request-Id": given}).headers["X-Request-Id"]
    assert answered != given
    assert len(answered) == 32


def test_a_well_formed_request_id_is_kept(client: FlaskClient) -> None:
    response = client.get("/", headers={"X-Request-Id": "client-42.retry_1"})
    assert response.headers["X-Request-Id"] == "client-42.retry_1"


@pytest.mark.parametrize(
    "query",
    [
        "token_hash=abc&type=recovery",
        "code=0d0b0b0a-1111&next=/dashboard",
        "access_token=" + JWT,
        "email=ada@example.com",
        "flash=v1.AAAA",
    ],
)
def test_the_query_of_a_link_is_not_logged(client: FlaskClient, lines: Any, query: str) -> None:
    client.get("/?" + query)
    written = json.dumps(lines())
    for value in query.replace("&", "=").split("=")[1::2]:
        if value != "recovery":
            assert value not in written
    assert query.partition("=")[0] + "=***" in written


def test_harmless_parameters_stay_readable() -> None:
    assert masked_query("page=2&q=secret+diary&type=signup") == "page=2&q=***&type=signup"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"token was {JWT}", JWT),
        ("key sb_secret_abcdefghijklmnop", "abcdefghijklmnop"),
        ("postgresql://postgres:hunter2@db.example/postgres", "hunter2"),
        ("{'password': 'hunter2'}", "hunter2"),
        ('{"refresh_token": "r3fr3sh"}', "r3fr3sh"),
        ("password=hunter2&email=a", "hunter2"),
        ("Authorization: Bearer abcdefgh", "abcdefgh"),
        ("apikey: abcdefgh", "abcdefgh"),
        ("Cookie: __session=abcdefgh; x=y", "abcdefgh"),
        ("sealed v1." + "A" * 60, "A" * 60),
        ("SECRET_KEY=topsecretvalue", "topsecretvalue"),
        ("SMTP_PASSWORD: 'app-password'", "app-password"),
    ],
)
def test_secrets_are_masked_in_any_text(text: str, secret: str) -> None:
    assert secret not in masked(text)
    assert "***" in masked(text)


def test_ordinary_text_is_left_alone() -> None:
    text = "could not open file: No such file; status code 404, a session began"
    assert masked(text) == text


def test_a_traceback_is_logged_without_its_secret(client: FlaskClient, lines: Any) -> None:
    client.get("/boom")
    failure, request = lines()
    assert failure["severity"] == "ERROR"
    assert "ZeroDivisionError" in failure["stack_trace"]
    assert "hunter2" not in json.dumps(failure)
    assert request["severity"] == "ERROR"
    assert failure["request_id"] == request["request_id"]


def test_a_line_break_cannot_forge_a_second_line(client: FlaskClient, lines: Any) -> None:
    client.get("/a%0a{%22severity%22:%22EMERGENCY%22}")
    assert len(lines()) == 1


def test_a_healthy_probe_is_quiet(client: FlaskClient, lines: Any) -> None:
    client.get("/healthz")
    assert lines() == []


def test_a_line_outside_a_request_has_no_request_id() -> None:
    record = logging.LogRecord("x", logging.WARNING, "", 0, "hello %s", ("you",), None)
    line = json.loads(JsonFormatter().format(record))
    assert (line["severity"], line["message"]) == ("WARNING", "hello you")
    assert "request_id" not in line


def test_text_lines_are_short_and_masked() -> None:
    record = logging.LogRecord("x.y", logging.WARNING, "", 0, "password=%s", ("hunter2",), None)
    line = TextFormatter().format(record)
    assert line.endswith(" WARNING x.y: password=***")


def test_text_lines_show_control_characters_instead_of_obeying_them() -> None:
    path = "/a" + chr(10) + chr(27) + "[31mb"
    record = logging.LogRecord("hipflask.access", logging.INFO, "", 0, "GET %s", (path,), None)
    assert TextFormatter().format(record).endswith(r" GET /a\x0a\x1b[31mb")


def test_the_cloud_gets_json_on_standard_output(
    make_app: MakeApp, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    app: Flask = make_app(PRODUCTION)
    app.test_client().get("/", base_url="http://notes.example.org")
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert line["httpRequest"]["status"] == 200


def test_configuring_twice_adds_one_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    configure_logging(WebSettings(), io.StringIO())
    configure_logging(WebSettings(log_format="json"), io.StringIO())
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler.formatter, TextFormatter)
