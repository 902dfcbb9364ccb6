"""A view that reads its form as it comes."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hipflask import csrf_exempt, form_parts


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser of an app that takes forms."""

    @app.post("/upload")
    @csrf_exempt
    def upload() -> list[list[str | None]]:
        return [[part.name, part.filename, part.text()] for part in form_parts()]

    return app.test_client()


def test_the_parts_come_in_order(client: FlaskClient) -> None:
    sent = {"a": "", "b": "字", "f": (io.BytesIO(b"1\r"), "报告.txt")}
    answer = client.post("/upload", data=sent, content_type="multipart/form-data")
    assert answer.json == [["a", None, ""], ["b", None, "字"], ["f", "报告.txt", "1\r"]]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("", b"", 415),
        ("text/plain", b"x", 415),
        ("multipart/form-data", b"x", 415),
        ("multipart/mixed; boundary=edge", b"x", 415),
        ("multipart/form-data; boundary=edge", b"--edge\r\nX", 400),
        (
            "multipart/form-data; boundary=edge",
            b"--edge\r\nContent-Disposition: form-data; name=a\r\n\r\nhello",
            400,
        ),
        (
            "multipart/form-data; boundary=edge",
            b"--edge\r\nContent-Disposition: form-data; name=a\r\n\r\n" + bytes(20_000),
            413,
        ),
    ],
)
def test_other_bodies_are_refused(client: FlaskClient, kind: str, body: bytes, status: int) -> None:
    assert client.post("/upload", data=body, content_type=kind).status_code == status
