"""Traces, sent to a collector that listens on a real port."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask, render_template_string

from hipflask import HipFlask
from hipflask.errors import ConfigError
from hipflask.kit.timing import timed
from hipflask.kit.web.settings import WebSettings
from hipflask.kit.web.span_sender import SpanSender
from hipflask.kit.web.trace_settings import TraceSettings
from tests.kit.web.conftest import ENVIRON

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector(ThreadingHTTPServer):
    """What takes OTLP and, beside it, what gives Google's tokens."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.tokens_asked = 0
        self.answers: list[int] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def spans(self) -> dict[str, dict[str, Any]]:
        """Return the spans by name."""
        return {
            span["name"]: span
            for body in self.bodies
            for resource in body["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        }


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        self.server.headers.append({name.lower(): text for name, text in self.headers.items()})
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status == 200:
            self.server.bodies.append(body)
        self._answer(status, b"{}")

    def do_GET(self) -> None:
        assert self.headers["Metadata-Flavor"] == "Google"
        self.server.tokens_asked += 1
        self._answer(200, b'{"access_token": "ya29.token", "expires_in": 3600}')

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def traced_app(collector: Collector, **environ: str) -> Flask:
    app = Flask("traced")
    base = ENVIRON | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "K_REVISION": "notes-00007"}
    HipFlask().init_app(app, environ=base | environ)

    @app.get("/notes/<note>")
    def note(note: str) -> str:
        with timed("database", "statement"):
            return render_template_string("{{ note }}", note=note)

    @app.get("/boom")
    def boom() -> str:
        with timed("auth", "GET"):
            raise ZeroDivisionError

    return app


def sent(app: Flask) -> None:
    app.extensions["hipflask"].span_sender.flush()


def close(app: Flask) -> None:
    app.extensions["hipflask"].close()


def test_a_request_is_a_span_with_what_it_waited_for(collector: Collector) -> None:
    app = traced_app(collector, OTEL_SERVICE_NAME="notes", OTEL_EXPORTER_OTLP_HEADERS="x-key=a%20b")
    app.test_client().get(
        "/notes/private?q=private", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"}
    )
    sent(app)
    spans = collector.spans()
    request, statement = spans["GET /notes/<note>"], spans["database statement"]
    assert (request["traceId"], request["parentSpanId"], request["kind"]) == (TRACE, PARENT, 2)
    assert statement["parentSpanId"] == request["spanId"]
    assert spans["render a text"]["parentSpanId"] == statement["spanId"]
    assert int(request["startTimeUnixNano"]) <= int(statement["startTimeUnixNano"])
    assert int(statement["endTimeUnixNano"]) <= int(request["endTimeUnixNano"])
    assert "status" not in request
    (resource,) = [body["resourceSpans"][0]["resource"] for body in collector.bodies]
    told = {each["key"]: each["value"]["stringValue"] for each in resource["attributes"]}
    assert told == {"service.name": "notes", "service.version": "notes-00007"}
    assert collector.headers[0]["x-key"] == "a b"
    assert "private" not in json.dumps(collector.bodies)
    close(app)


def test_a_failure_is_marked(collector: Collector) -> None:
    app = traced_app(collector)
    app.test_client().get("/boom")
    sent(app)
    spans = collector.spans()
    assert spans["GET /boom"]["status"] == spans["auth GET"]["status"] == {"code": 2}
    close(app)


def test_the_caller_decides_what_is_kept(collector: Collector) -> None:
    app = traced_app(collector)
    client = app.test_client()
    client.get("/notes/1", headers={"traceparent": f"00-{TRACE}-{PARENT}-00"})
    sent(app)
    assert collector.bodies == []
    close(app)


@pytest.mark.parametrize(("ratio", "kept"), [("0", 0), ("1", 20)])
def test_of_what_belongs_to_no_trace_a_part_is_kept(
    collector: Collector, ratio: str, kept: int
) -> None:
    app = traced_app(collector, OTEL_TRACES_SAMPLER_ARG=ratio)
    client = app.test_client()
    for _ in range(20):
        client.get("/boom")
    close(app)
    requests = [
        span
        for body in collector.bodies
        for span in body["resourceSpans"][0]["scopeSpans"][0]["spans"]
        if span["kind"] == 2
    ]
    assert len(requests) == len({span["traceId"] for span in requests}) == kept


def test_the_log_belongs_to_the_span(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    app = traced_app(collector)
    with caplog.at_level(logging.INFO, "hipflask.access"):
        app.test_client().get("/notes/1")
    sent(app)
    span = collector.spans()["GET /notes/<note>"]
    (line,) = [record for record in caplog.records if record.name == "hipflask.access"]
    assert (line.visit.trace_id, line.visit.span_id) == (span["traceId"], span["spanId"])  # type: ignore[attr-defined]
    close(app)


def test_a_collector_that_is_busy_is_asked_again(collector: Collector) -> None:
    collector.answers = [503]
    app = traced_app(collector)
    app.test_client().get("/notes/1")
    sent(app)
    assert len(collector.bodies) == 1
    close(app)


def test_a_collector_that_is_away_costs_the_spans_and_nothing_else(
    collector: Collector, caplog: pytest.LogCaptureFixture
) -> None:
    app = traced_app(collector, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    client = app.test_client()
    for _ in range(3):
        assert client.get("/notes/1").status_code == 200
        sent(app)
    complaints = [record for record in caplog.records if record.name == "hipflask.traces"]
    assert len(complaints) == 1  # not one for each
    close(app)


def test_no_more_wait_than_fit_into_memory(collector: Collector) -> None:
    sender = SpanSender(TraceSettings(f"{collector.url}/v1/traces", "x"), {})
    for _ in range(50):
        sender.put([{"name": "a", "kind": 2}] * 100)
    sender.close()
    sizes = [len(body["resourceSpans"][0]["scopeSpans"][0]["spans"]) for body in collector.bodies]
    assert sum(sizes) <= 4096
    assert max(sizes) <= 512


def test_google_is_told_who_the_service_is(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The name leads to this machine, as Google's would to Google.
    url = collector.url.replace("127.0.0.1", "telemetry.googleapis.com")
    monkeypatch.setattr("socket.getaddrinfo", _to_loopback(collector.server_address[1]))
    sender = SpanSender(TraceSettings(f"{url}/v1/traces", "notes"), {}, metadata_url=collector.url)
    for _ in range(2):
        sender.put([{"name": "a", "kind": 2}])
        sender.flush()
    assert [each["authorization"] for each in collector.headers] == ["Bearer ya29.token"] * 2
    assert collector.tokens_asked == 1
    sender.close()


def _to_loopback(port: int) -> Any:
    import socket

    def look_up(*_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    return look_up


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.example:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a b=c"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=b%0d%0aEvil: 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(name: str, text: str) -> None:
    base = ENVIRON | {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example"}
    with pytest.raises(ConfigError, match=name):
        WebSettings.from_env(base | {name: text})


def test_nothing_of_it_is_loaded_where_it_is_off() -> None:
    code = f"""
import sys, flask, hipflask
app = flask.Flask("x")
hipflask.HipFlask().init_app(app, environ={ENVIRON!r})
app.test_client().get("/health")
print([name for name in sys.modules if "span" in name or "listening" in name or "trace_s" in name])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "['hipflask.kit.web.trace_settings']"
