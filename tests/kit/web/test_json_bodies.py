"""No JSON that somebody sends is a mistake of ours."""

from __future__ import annotations

import pytest
from flask import Flask, request
from flask.json.provider import DefaultJSONProvider
from flask.testing import FlaskClient

from hipflask import HipFlask, csrf_exempt
from tests.kit.web.conftest import ENVIRON, MakeApp


class OwnJson(DefaultJSONProvider):
    """A provider that an app brings along."""


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    app: Flask = make_app()
    app.post("/echo", endpoint="echo")(csrf_exempt(lambda: {"got": request.get_json()}))
    return app.test_client()


@pytest.mark.parametrize(
    "text", [b"[" * 200_000, b'{"a":' * 100_000, b"{", b"", b"\xff", b"9" * 5000]
)
def test_unreadable_json_is_a_bad_request(client: FlaskClient, text: bytes) -> None:
    answer = client.post("/echo", data=text, content_type="application/json")
    assert answer.status_code == 400


def test_readable_json_is_read(client: FlaskClient) -> None:
    assert client.post("/echo", json={"a": [1]}).get_json() == {"got": {"a": [1]}}


def test_an_app_keeps_its_own_reader() -> None:
    app = Flask("own")
    own = app.json = OwnJson(app)
    HipFlask().init_app(app, environ=ENVIRON)
    assert app.json is own
