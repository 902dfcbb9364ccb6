"""Log lines: Cloud Logging's fields, and no secret in any of them."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from hipflask.kit.web.log_formats import JsonFormatter, TextFormatter
from hipflask.kit.web.logs import configure_logging
from hipflask.kit.web.settings import WebSettings
from tests.kit.web.conftest import PRODUCTION, MakeApp

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def lines() -> Any:
    """What the app under test logs, as JSON lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter("my-project", "notes", "notes-00007"))
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
        "token_hash=no-hex-digits&type=recovery",  # request ids are hexadecimal
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


def test_an_error_is_an_event_of_error_reporting(client: FlaskClient, lines: Any) -> None:
    client.get("/boom?q=secret", headers={"User-Agent": "Browser/1"})
    failure, request = lines()
    assert failure["@type"].endswith(".clouderrorreporting.v1beta1.ReportedErrorEvent")
    assert failure["serviceContext"] == {"service": "notes", "version": "notes-00007"}
    assert failure["stack_trace"].startswith("Traceback (most recent call last):\n")
    assert failure["stack_trace"].splitlines()[-1].startswith("ZeroDivisionError: ")
    assert failure["context"] == {
        "httpRequest": {
            "method": "GET",
            "url": "/boom?q=***",
            "userAgent": "Browser/1",
            "remoteIp": "127.0.0.1",
        }
    }
    assert "@type" not in request  # or each failure would be counted twice


def test_an_error_without_a_trace_is_grouped_by_its_place() -> None:
    record = logging.LogRecord("x", logging.ERROR, "/app/mail.py", 7, "no mail", (), None, "send")
    line = json.loads(JsonFormatter().format(record))
    place = {"filePath": "/app/mail.py", "lineNumber": 7, "functionName": "send"}
    assert line["context"] == {"reportLocation": place}
    assert line["serviceContext"] == {"service": "app"}


def test_a_line_is_never_too_long_for_cloud_logging() -> None:
    try:
        raise ValueError("x" * 500_000)
    except ValueError as error:
        trace = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "y" * 500_000, (), trace)
    assert len(JsonFormatter().format(record)) < 128 * 1024


def test_a_streamed_answer_is_logged_when_it_has_been_sent(
    app: Flask, client: FlaskClient, lines: Any
) -> None:
    @app.get("/stream")
    def stream() -> Response:
        return Response(str(len(lines())) for _ in range(2))

    with client.get("/stream") as answer:
        assert answer.text == "00"
    (line,) = lines()
    assert line["route"] == "/stream"
    assert line["request_id"]


def test_handlers_of_others_get_no_secret(make_app: MakeApp) -> None:
    stream = io.StringIO()
    other = logging.StreamHandler(stream)
    logging.getLogger().addHandler(other)
    make_app()
    try:
        raise ValueError("password=hunter2")
    except ValueError:
        logging.getLogger("app").exception("token=%s", "hunter2")
    assert "ValueError: password=***" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()


def test_gunicorns_own_lines_look_like_ours(make_app: MakeApp) -> None:
    stream = io.StringIO()
    server = logging.getLogger("gunicorn.error")
    handler = logging.StreamHandler(stream)
    server.addHandler(handler)
    try:
        make_app(PRODUCTION)
        server.error("Invalid request: /?token_hash=abcdef")
    finally:
        server.removeHandler(handler)
    assert json.loads(stream.getvalue())["message"] == "Invalid request: /?token_hash=***"


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
