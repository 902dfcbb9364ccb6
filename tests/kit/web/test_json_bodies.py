"""No JSON that somebody sends is a mistake of ours."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from flask import Flask, request
from flask.json.provider import DefaultJSONProvider
from flask.testing import FlaskClient

from hipflask import HipFlask, csrf_exempt
from hipflask.kit.web.json_bodies import MOST_DEEP, MOST_VALUES, check_json_shape
from tests.kit.web.conftest import ENVIRON, MakeApp


class OwnJson(DefaultJSONProvider):
    """A provider that an app brings along."""


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    app: Flask = make_app()
    app.post("/echo", endpoint="echo")(csrf_exempt(lambda: {"got": request.get_json()}))
    return app.test_client()


@pytest.mark.parametrize(
    "text",
    [
        *(b"[" * 200_000, b'{"a":' * 100_000, b"{", b"", b"\xff", b"9" * 5000),
        *(b'{"a": 1, "a": 2}', b'[{"b": {"a": 1, "\\u0061": 2}}]'),
        *(b"NaN", b"[Infinity]", b'{"a": -Infinity}'),
        *('{"a": 1}'.encode("utf-16"), b"\xef\xbb\xbf{}"),
        b"[" * (MOST_DEEP + 1) + b"]" * (MOST_DEEP + 1),
        b"[" + b"0," * MOST_VALUES + b"0]",
        b"[" + b"[]," * (MOST_VALUES // 2) + b"[]]",
        b'["\\"' + b"[" * 100 + b'", ' + b"[" * 100,
    ],
)
def test_unreadable_json_is_a_bad_request(client: FlaskClient, text: bytes) -> None:
    answer = client.post("/echo", data=text, content_type="application/json")
    assert answer.status_code == 400


def test_readable_json_is_read(client: FlaskClient) -> None:
    assert client.post("/echo", json={"a": [1]}).get_json() == {"got": {"a": [1]}}


@pytest.mark.parametrize(
    "value",
    [
        {"text": "[{" * 5000 + '\\" ,,,' * 5000},
        [[{}, []] for _ in range(2000)],
        list(range(MOST_VALUES - 1)),
        ["😀", "\u2028", "\x00"],
    ],
    ids=["brackets in a text", "many that lie side by side", "many numbers", "characters"],
)
def test_unusual_json_is_read_as_well(client: FlaskClient, value: object) -> None:
    assert client.post("/echo", data=json.dumps(value), content_type="application/json").json == {
        "got": value
    }


def test_what_lies_as_deep_as_it_may_is_read(client: FlaskClient) -> None:
    text = b"[" * MOST_DEEP + b"]" * MOST_DEEP
    assert client.post("/echo", data=text, content_type="application/json").status_code == 200


@pytest.mark.parametrize(
    "piece", [b'"', b'"\\"', b"\\", b"[", b"[]", b"{},", b'"a":', b'",[', b'{"\\']
)
def test_no_text_takes_long_to_refuse(piece: bytes) -> None:
    started = time.perf_counter()
    with contextlib.suppress(ValueError):
        check_json_shape(b"[" * 40 + piece * (1_000_000 // len(piece)))
    assert time.perf_counter() - started < 1


def test_an_app_keeps_its_own_reader() -> None:
    app = Flask("own")
    own = app.json = OwnJson(app)
    HipFlask().init_app(app, environ=ENVIRON)
    assert app.json is own
