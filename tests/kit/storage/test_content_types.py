"""What bytes are, and under which type a stranger's file is stored."""

from __future__ import annotations

import pytest

from hipflask.errors import TypeRefused
from hipflask.kit.storage.content_types import OCTETS, sniff, stored_type

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
GIF = b"GIF89a" + bytes(20)
WEBP = b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(20)
WAV = b"RIFF\x10\x00\x00\x00WAVEfmt " + bytes(20)
PDF = b"%PDF-1.7\n%\xe2\xe3"
ZIP = b"PK\x03\x04" + bytes(26)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(20)
WEBM = b"\x1aE\xdf\xa3" + bytes(20)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def brand(major: bytes, *others: bytes) -> bytes:
    box = b"ftyp" + major + bytes(4) + b"".join(others)
    return (len(box) + 4).to_bytes(4, "big") + box + bytes(20)


MP4 = brand(b"isom", b"isom", b"mp42")
AVIF = brand(b"avif", b"mif1", b"miaf")

SHOWN = [
    (PNG, "image/png"),
    (JPEG, "image/jpeg"),
    (GIF, "image/gif"),
    (WEBP, "image/webp"),
    (WAV, "audio/wav"),
    (AVIF, "image/avif"),
    (brand(b"mif1", b"avif"), "image/avif"),
    (brand(b"heic", b"mif1"), "image/heic"),
    (brand(b"qt  "), "video/quicktime"),
    (brand(b"M4A ", b"mp42"), "audio/mp4"),
    (MP4, "video/mp4"),
    (PDF, "application/pdf"),
    (ZIP, "application/zip"),
    (OLE, "application/x-ole-storage"),
    (WEBM, "video/webm"),
    (b"OggS\x00" + bytes(20), "audio/ogg"),
    (b"ID3\x04" + bytes(20), "audio/mpeg"),
    (b"\xff\xfb\x90\x00", "audio/mpeg"),
    (b"BM\x36\x00\x00\x00\x00\x00\x00\x00", "image/bmp"),
    (b"BM is a game", ""),
    (b"ID3 tags are", ""),
    (b"hello", ""),
    (b"", ""),
    (b"1 < 2", ""),
    (b"<3 you", ""),
    (b"MZ\x90\x00", ""),
]

MARKUP = [
    (b"<!DOCTYPE html>", "text/html"),
    (b"<html>", "text/html"),
    (b"  \r\n\t<ScRiPt>alert(1)</script>", "text/html"),
    (b"<!-- a comment --><p>", "text/html"),
    (b"<x onclick=1>", "text/html"),
    (b"\xef\xbb\xbf<html>", "text/html"),
    ("\ufeff<html>".encode("utf-16-le"), "text/html"),
    ("\ufeff<svg onload=a>".encode("utf-16-be"), "image/svg+xml"),
    (b"<svg xmlns='http://www.w3.org/2000/svg'>", "image/svg+xml"),
    (b"<?xml version='1.0'?><!-- x --><svg>", "image/svg+xml"),
    (b"<?xml version='1.0'?><rss>", "application/xml"),
]


@pytest.mark.parametrize(("head", "kind"), SHOWN + MARKUP)
def test_bytes_show_their_type(head: bytes, kind: str) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize("head", [head for head, _ in MARKUP])
@pytest.mark.parametrize("declared", [None, "text/plain", "text/html", "image/svg+xml", OCTETS])
def test_markup_is_only_ever_saved(head: bytes, declared: str | None) -> None:
    assert stored_type(declared, head, "page.txt") == OCTETS


@pytest.mark.parametrize("declared", ["image/png", "image/jpg", "application/pdf", "video/mp4"])
def test_markup_that_says_it_is_a_picture_is_refused(declared: str) -> None:
    with pytest.raises(TypeRefused) as caught:
        stored_type(declared, b"<svg onload=alert(1)>", "a.png")
    assert caught.value.found == "image/svg+xml"
    assert "look like image/svg+xml" in caught.value.message


@pytest.mark.parametrize(
    "declared",
    [
        "text/html",
        "TEXT/HTML; charset=utf-8",
        "image/svg+xml",
        "application/xhtml+xml",
        "application/rss+xml",
        "text/javascript",
        "application/javascript",
        "multipart/related",
        "message/rfc822",
    ],
)
def test_a_type_that_browsers_run_is_stored_as_bytes(declared: str) -> None:
    assert stored_type(declared, b"alert(1)") == OCTETS


@pytest.mark.parametrize(
    ("declared", "head", "stored"),
    [
        ("image/png", PNG, "image/png"),
        ("IMAGE/PNG", PNG, "image/png"),
        ("image/jpg", JPEG, "image/jpeg"),
        ("image/png", JPEG, "image/jpeg"),  # renamed by hand, and harmless
        ("image/jpeg", WEBP, "image/webp"),
        ("audio/mp4", MP4, "audio/mp4"),
        ("video/x-matroska", WEBM, "video/x-matroska"),
        ("application/x-zip-compressed", ZIP, "application/zip"),
        (DOCX, ZIP, DOCX),
        ("application/msword", OLE, "application/msword"),
        ("text/plain", b"hello", "text/plain"),
        ("text/plain; charset=gb18030", b"\xb1\xa8\xb8\xe6", "text/plain; charset=gb18030"),
        ("text/csv", "\ufeffa,b".encode("utf-16-le"), "text/csv"),
        ("text/plain", PNG, "image/png"),
        ("text/plain", b"MZ\x90\x00\x03", OCTETS),
        ("text/plain", b"", "text/plain"),
        ("application/json", b"{}", "application/json"),
        ("application/x-blender", b"BLENDER", "application/x-blender"),
        ("font/woff2", b"wOF2", "font/woff2"),
    ],
)
def test_a_declared_type_and_the_bytes(declared: str, head: bytes, stored: str) -> None:
    assert stored_type(declared, head) == stored


@pytest.mark.parametrize(
    ("declared", "head"),
    [
        ("image/png", b"hello"),
        ("image/png", PDF),
        ("image/png", b""),
        ("application/pdf", b"MZ\x90\x00"),
        ("application/pdf", PNG),
        ("video/mp4", ZIP),
        ("application/zip", b"not a zip"),
    ],
)
def test_a_type_that_the_bytes_do_not_show_is_refused(declared: str, head: bytes) -> None:
    with pytest.raises(TypeRefused) as caught:
        stored_type(declared, head)
    assert caught.value.declared == declared
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "head", "stored"),
    [
        ("a/photo.bin", PNG, "image/png"),
        ("letter.docx", ZIP, DOCX),
        ("letter.docx", b"hello", OCTETS),
        ("letter.DOC", OLE, "application/msword"),
        ("archive.zip", ZIP, "application/zip"),
        ("notes.txt", "报告".encode(), "text/plain"),
        ("notes.txt", b"\x00\x01", OCTETS),
        ("table.csv", b"a,b\n", "text/csv"),
        ("page.html", b"hello", OCTETS),
        ("script.js", b"alert(1)", OCTETS),
        ("README", b"hello", OCTETS),
        ("photo.png", b"hello", OCTETS),
        ("folder.txt/README", b"hello", OCTETS),
    ],
)
@pytest.mark.parametrize("declared", [None, "", OCTETS])
def test_without_a_declared_type(declared: str | None, name: str, head: bytes, stored: str) -> None:
    assert stored_type(declared, head, name) == stored


@pytest.mark.parametrize(
    "declared", ["png", "image/", "a/b/c", "image/png\r\nx: y", "text/plain; a=\nb", "图/片"]
)
def test_what_is_no_type_is_refused(declared: str) -> None:
    with pytest.raises(TypeRefused, match="no type of content"):
        stored_type(declared, b"hello")
