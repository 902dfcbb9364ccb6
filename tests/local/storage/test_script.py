"""No file runs script on Storage's origin, and nothing that is sent becomes a header."""

from __future__ import annotations

import http.client
from urllib.parse import quote, urlsplit

import pytest

from hipflask.testing import SupabaseBackend
from tests.local.storage.client import BOUNDARY, Storage, assert_refused, form, part

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
WAYS = ("/object/b1/a", "/object/authenticated/b1/a", "signed", "/object/public/pub/a")


def served(storage: Storage, kind: str, way: str) -> http.client.HTTPMessage:
    storage.keep("b1/a", "pub/a", content=SVG, content_type=kind)
    if way == "signed":
        way = storage.post("/object/sign/b1/a", {"expiresIn": 60}).json["signedURL"]
    answer = storage.get(way)
    assert (answer.status, answer.body) == (200, SVG)
    return answer.headers  # type: ignore[return-value]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["text/html", "TEXT/HTML; charset=utf-8", "Text/Html;x=y"])
def test_html_is_plain_text(storage: Storage, kind: str, way: str) -> None:
    headers = served(storage, kind, way)
    assert headers["Content-Type"] == "text/plain"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "kind",
    [
        *("image/svg+xml", "IMAGE/SVG+XML;x=y", "application/xhtml+xml", "text/xml"),
        *("application/xml", "application/rss+xml", "multipart/x-mixed-replace", "x/y"),
        *("image/png+xml", "text/javascript", "message/rfc822"),
    ],
)
def test_what_could_hold_script_is_in_a_sandbox(storage: Storage, kind: str, way: str) -> None:
    headers = served(storage, kind, way)
    assert headers["Content-Type"] == kind
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "kind", ["image/png", "video/mp4", "application/pdf", "text/plain; charset=utf-8", "font/woff2"]
)
def test_what_holds_none_is_served_as_it_is(storage: Storage, kind: str) -> None:
    """A viewer of PDF does not work in a sandbox."""
    headers = served(storage, kind, "/object/b1/a")
    assert headers["Content-Type"] == kind
    assert headers["Content-Security-Policy"] is None


def test_type_of_the_form_is_no_way_round(storage: Storage) -> None:
    for field in ([], [part(b"text/html", "contentType")]):
        one = part(SVG, "", filename="a.html", content_type="text/html")
        assert storage.send_form("b1/a", *field, one, method="PUT").status == 200
        assert storage.get("/object/b1/a").headers["Content-Type"] == "text/plain"


@pytest.mark.parametrize("kind", ["text/html", "text/html;charset=utf-8"])
def test_copy_is_no_way_round(storage: Storage, kind: str) -> None:
    storage.keep("b1/a", content=SVG)
    body = {
        "bucketId": "b1",
        "sourceKey": "a",
        "destinationKey": "c",
        "copyMetadata": False,
        "metadata": {"mimetype": kind},
    }
    assert storage.post("/object/copy", body).status == 200
    assert storage.get("/object/b1/c").headers["Content-Type"] == "text/plain"


INJECTIONS = ("a\r\nSet-Cookie: x=y", "a\nSet-Cookie: x=y", "a\r\n\r\n<script>", "a\u2028b", "名")


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("where", ["cacheControl", "mimetype"])
def test_copied_metadata_becomes_no_header(storage: Storage, where: str, text: str) -> None:
    storage.keep("b1/a")
    body = {
        "bucketId": "b1",
        "sourceKey": "a",
        "destinationKey": "c",
        "copyMetadata": False,
        "metadata": {where: text},
    }
    storage.post("/object/copy", body)
    for answer in (storage.get("/object/b1/c"), storage.get("/object/info/b1/c")):
        assert answer.status in (200, 400)
        assert answer.headers["Set-Cookie"] is None
        assert b"<script>" not in answer.body[:10]


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize("field", ["cacheControl", "contentType", "metadata"])
def test_field_of_a_form_becomes_no_header(storage: Storage, field: str, text: str) -> None:
    body = form(part(text.encode(), field), part(b"x", "", filename="a"))
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    storage.call("POST", "/object/b1/a", body=body, headers={"Content-Type": kind})
    for answer in (storage.get("/object/b1/a"), storage.get("/object/info/b1/a")):
        assert answer.headers["Set-Cookie"] is None
        assert answer.status in (200, 400)


@pytest.mark.parametrize("text", INJECTIONS)
def test_query_becomes_no_header(storage: Storage, text: str) -> None:
    storage.keep("b1/a")
    answer = storage.get(f"/object/b1/a?download={quote(text)}")
    assert answer.status == 200
    assert answer.headers["Set-Cookie"] is None
    assert "\n" not in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "name", ["a%0d%0aSet-Cookie:%20x=y", "%0aSet-Cookie:x", "a%e2%80%a8b", "%22%3e%3cscript%3e"]
)
def test_name_becomes_no_header_and_no_page(storage: Storage, name: str) -> None:
    for path in (f"/object/b1/{name}", f"/object/{name}/a", f"/bucket/{name}", f"/nope/{name}"):
        for method in ("GET", "POST", "DELETE", "HEAD"):
            answer = storage.call(method, path, body=b"x" if method == "POST" else None)
            assert answer.headers["Set-Cookie"] is None
            assert answer.headers.get_content_type() == "application/json"


@pytest.mark.parametrize("value", ["a\x00b", "a\x01b", "\x7f", "caf\xe9", "a\tb", "x" * 8000])
def test_cache_control_of_any_bytes(storage: Storage, value: str) -> None:
    """Header lines hold no line break, but everything else."""
    address = urlsplit(storage.backend.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    try:
        connection.putrequest("POST", "/storage/v1/object/b1/a")
        connection.putheader("Authorization", f"Bearer {storage.token}")
        connection.putheader("Cache-Control", value.encode("latin-1"))
        connection.putheader("Content-Length", "1")
        connection.endheaders(b"x")
        status = connection.getresponse().status
    finally:
        connection.close()
    assert status in (200, 400), status
    if status == 200:
        assert storage.get("/object/b1/a").status == 200


@pytest.mark.parametrize(
    "rule",
    [
        *("noindex", "noindex, nofollow", "max-snippet: -1", "max-image-preview:large"),
        *("googlebot: noindex", "unavailable_after: Sun, 25 Jun 2026 15:00:00 GMT, noindex"),
        "unavailable_after: 2026-12-01",
    ],
)
def test_robots_tag_is_kept(storage: Storage, rule: str) -> None:
    storage.keep("b1/a", x_robots_tag=rule)
    assert storage.get("/object/b1/a").headers["X-Robots-Tag"] == rule
    assert storage.head("/object/b1/a").headers["X-Robots-Tag"] == rule


@pytest.mark.parametrize(
    "rule",
    [
        *("nonsense", "noindex,", "max-snippet: x", "max-image-preview: huge", "bot:", ","),
        "unavailable_after: sometime",
    ],
)
def test_robots_tag_that_is_none(storage: Storage, rule: str) -> None:
    answer = storage.upload("b1/a", x_robots_tag=rule)
    assert_refused(answer, 400, "InvalidRequest", error="invalid_x_robots_tag")


def test_other_origins_may_read(backend: SupabaseBackend, storage: Storage) -> None:
    storage.keep("pub/a")
    for path in ("/object/public/pub/a", "/object/public/pub/none"):
        assert (
            storage.get(path, origin="https://app.example").headers["Access-Control-Allow-Origin"]
            == "*"
        )
