"""Presigned URLs and forms: whoever has one needs no key."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.s3.people import connect, content, files_on_disk, keys

PLACE = {"Bucket": "box", "Key": "f/a b.txt"}


def ask(
    method: str, url: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    """Ask as somebody with nothing but the URL."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        return answer.status, answer.read(), {k.lower(): v for k, v in answer.headers.items()}
    finally:
        connection.close()


def test_reads(s3: Any) -> None:
    s3.put_object(**PLACE, Body=b"hello")
    url = s3.generate_presigned_url("get_object", Params=PLACE, ExpiresIn=60)
    assert ask("GET", url)[:2] == (200, b"hello")
    assert ask("GET", url, Range="bytes=1-2")[:2] == (206, b"el")
    # What a browser adds on its way does not count.
    assert ask("GET", url, Authorization="Bearer x")[:2] == (200, b"hello")
    status, body, _ = ask("PUT", url, b"other")
    assert (status, b"SignatureDoesNotMatch" in body) == (403, True)
    assert b"SignatureDoesNotMatch" in ask("GET", url.replace("a%20b", "a%20c"))[1]


def test_reads_under_another_name(s3: Any) -> None:
    s3.put_object(**PLACE, Body=b"hello")
    saved = {**PLACE, "ResponseContentDisposition": 'attachment; filename="x.txt"'}
    url = s3.generate_presigned_url("get_object", Params=saved)
    assert ask("GET", url)[2]["content-disposition"] == 'attachment; filename="x.txt"'
    assert ask("GET", url.replace("x.txt", "y.txt"))[0] == 403


def test_writes(s3: Any) -> None:
    params = {**PLACE, "ContentType": "text/css", "Metadata": {"my_key": "v"}}
    url = s3.generate_presigned_url("put_object", Params=params)
    assert (
        ask("PUT", url, b"hello", Content_Type="text/css", **{"x-amz-meta-my_key": "v"})[0] == 200
    )
    head = s3.head_object(**PLACE)
    assert (head["ContentType"], head["Metadata"]) == ("text/css", {"my_key": "v"})
    assert ask("PUT", url, b"hello", Content_Type="text/html")[0] == 403


def test_is_no_licence_to_copy(s3: Any) -> None:
    s3.put_object(Bucket="box", Key="secret", Body=b"secret")
    url = s3.generate_presigned_url("put_object", Params=PLACE)
    status, body, _ = ask("PUT", url, b"", **{"x-amz-copy-source": "box/secret"})
    assert (status, b"HeadersNotSigned" in body) == (403, True)
    assert keys(s3) == ["secret"]


def test_ends(backend: SupabaseBackend, s3: Any) -> None:
    s3.put_object(**PLACE, Body=b"hello")
    url = s3.generate_presigned_url("get_object", Params=PLACE, ExpiresIn=60)
    backend.clock.advance(seconds=50)
    assert ask("GET", url)[0] == 200
    backend.clock.advance(seconds=20)
    status, body, _ = ask("GET", url)
    assert (status, b"Request has expired" in body) == (403, True)


def test_begins_no_earlier(backend: SupabaseBackend, s3: Any) -> None:
    url = s3.generate_presigned_url("list_buckets")
    backend.clock.advance(hours=-1)
    assert b"Request is not yet valid" in ask("GET", url)[1]


def test_of_a_session_is_under_its_policies(backend: SupabaseBackend, s3: Any) -> None:
    s3.put_object(**PLACE, Body=b"hello")
    ann = connect(backend, backend.signed_in("ann@example.com").access_token)
    status, body, _ = ask("GET", ann.generate_presigned_url("get_object", Params=PLACE))
    assert (status, b"NoSuchKey" in body) == (404, True)


def form(fields: dict[str, str], content: bytes, filename: str = "n.txt", end: str = "--") -> bytes:
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
    return b"".join([*parts, head.encode(), content, f"\r\n--edge{end}\r\n".encode()])


def post(url: str, body: bytes) -> tuple[int, bytes, dict[str, str]]:
    return ask("POST", url, body, Content_Type="multipart/form-data; boundary=edge")


@pytest.fixture
def granted(s3: Any) -> Any:
    """A form that may upload up to ten bytes below ``up/``."""
    kind = {"Content-Type": "text/css", "x-amz-meta-one": "1"}
    return s3.generate_presigned_post(
        "box",
        "up/${filename}",
        Fields=kind,
        Conditions=[
            *({name: value} for name, value in kind.items()),
            ["content-length-range", 1, 10],
            ["starts-with", "$success_action_status", ""],
            ["starts-with", "$success_action_redirect", ""],
        ],
    )


def test_form_uploads(s3: Any, granted: Any) -> None:
    status, body, headers = post(granted["url"], form(granted["fields"], b"hello", "folder/n.txt"))
    assert (status, body) == (204, b"")
    assert headers["location"].endswith("/storage/v1/s3/box/up/n.txt")
    head = s3.head_object(Bucket="box", Key="up/n.txt")
    assert (head["ContentType"], head["Metadata"]) == ("text/css", {"one": "1"})
    assert content(s3, "up/n.txt") == b"hello"


def test_form_says_what_comes_then(granted: Any) -> None:
    fields = granted["fields"]
    status, body, _ = post(granted["url"], form({**fields, "success_action_status": "201"}, b"x"))
    assert status == 201
    assert b"<Key>up/n.txt</Key>" in body
    then = {**fields, "success_action_redirect": "https://example.com/done?a=1"}
    status, _, headers = post(granted["url"], form(then, b"x"))
    assert status == 303
    assert headers["location"].startswith("https://example.com/done?a=1&bucket=box&key=up")
    script = {**fields, "success_action_redirect": "javascript:alert(1)"}
    assert post(granted["url"], form(script, b"x"))[0] == 204


@pytest.mark.parametrize(
    ("changed", "sent", "end", "code"),
    [
        ({}, b"", "--", b"EntityTooSmall"),
        ({}, b"12345678901", "--", b"EntityTooLarge"),
        ({"key": "down/x"}, b"hello", "--", b"Policy Condition failed"),
        ({"Content-Type": "text/html"}, b"hello", "--", b"Policy Condition failed"),
        ({"x-amz-meta-two": "2"}, b"hello", "--", b"Extra input fields"),
        ({"x-amz-signature": "0" * 64}, b"hello", "--", b"SignatureDoesNotMatch"),
        ({}, b"hello", "", b"MalformedPOSTRequest"),
    ],
)
def test_form_is_bound(
    backend: SupabaseBackend,
    granted: Any,
    changed: dict[str, str],
    sent: bytes,
    end: str,
    code: bytes,
) -> None:
    status, body, _ = post(granted["url"], form({**granted["fields"], **changed}, sent, end=end))
    assert status in (400, 403)
    assert code in body
    assert files_on_disk(backend) == []


def test_form_needs_fields_and_file(granted: Any) -> None:
    url, fields = granted["url"], granted["fields"]
    without = {name: value for name, value in fields.items() if name != "key"}
    assert b"field named 'key'" in post(url, form(without, b"x"))[1]
    unsigned = {"key": "up/x"}
    assert b"Missing signature" in post(url, form(unsigned, b"x"))[1]
    assert b"MalformedPOSTRequest" in post(url, b"rubbish")[1]
    only = form(fields, b"x").partition(b'--edge\r\nContent-Disposition: form-data; name="file"')[0]
    assert b"exactly one file" in post(url, only + b"--edge--\r\n")[1]


def test_form_ends(backend: SupabaseBackend, granted: Any) -> None:
    backend.clock.advance(hours=2)
    assert b"Policy expired" in post(granted["url"], form(granted["fields"], b"x"))[1]
