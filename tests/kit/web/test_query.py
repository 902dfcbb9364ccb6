"""A query that is no text is somebody's mistake, and not ours."""

from __future__ import annotations

import pytest
from flask import Flask, request
from flask.testing import FlaskClient


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    app.get("/query")(lambda: {"args": request.args.to_dict(), "url": request.url})
    return app.test_client()


def test_stray_bytes_are_encoded(client: FlaskClient) -> None:
    answer = client.get("/query", environ_overrides={"QUERY_STRING": "a=\xff&b=\xe4\xbd\xa0&c=%20"})
    assert answer.get_json()["args"] == {"a": "%FF", "b": "你", "c": " "}


@pytest.mark.parametrize("path", ["/", "/nowhere", "/boom", "/healthz", "/form"])
def test_every_page_stands_stray_bytes(client: FlaskClient, path: str) -> None:
    usual = client.get(path).status_code
    odd = client.get(path, environ_overrides={"QUERY_STRING": "language=\xff"})
    assert odd.status_code == usual
