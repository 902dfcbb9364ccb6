"""The picture in the account menu."""

from __future__ import annotations

import io
import re
import struct
import zlib

import pytest
from storage_calls import fetch, picture
from visitor import Visitor


def face(member: Visitor) -> str:
    """Return the address of the picture in the menu; empty when the initial stands there."""
    found = re.search(r'<img class="face[^"]*" src="([^"]+)"', member.open("/dashboard").html)
    return found[1] if found else ""


def with_chunk(content: bytes) -> bytes:
    """Return the small PNG with another chunk behind its header."""
    checksum = struct.pack(">I", zlib.crc32(content))
    chunk = struct.pack(">I", len(content) - 4) + content + checksum
    return picture()[:33] + chunk + picture()[33:]


def test_needs_a_sign_in(visitor: Visitor) -> None:
    assert visitor.open("/account/avatar").path == "/login?next=%2Faccount%2Favatar"


def test_at_first_there_is_an_initial(member: Visitor) -> None:
    page = member.open("/dashboard")
    assert '<span class="face size-6 text-sm" aria-hidden="true">A</span>' in page.html
    assert "Add a picture" in page.links


def test_it_is_saved_replaced_and_removed(member: Visitor) -> None:
    member.open("/account/avatar")
    page = member.press("Save picture", files=[("me.png", picture())])
    assert "Your picture was saved." in page.text
    first = face(member)
    assert fetch(first).body == picture()
    assert "max-age=31536000" in fetch(first).headers["Cache-Control"]
    member.open("/account/avatar")
    member.press("Save picture", files=[("me.png", picture(9, 9))])
    second = face(member)
    assert second != first
    assert fetch(first).status == 400
    member.open("/account/avatar")
    page = member.press("Remove picture")
    assert "Your picture was removed." in page.text
    assert face(member) == ""
    assert fetch(second).status == 400


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "Choose a picture first."),
        ([("me.png", b"<svg onload=alert(1)>")], "This is no picture that can be shown."),
        ([("me.svg", b"<svg onload=alert(1)>")], "This is no picture that can be shown."),
        ([("me.pdf", b"%PDF-1.7")], "This is no picture that can be shown."),
        ([("me.png", picture() + bytes(2_000_000))], "It is too large"),
    ],
)
def test_anything_else_is_refused(
    member: Visitor, files: list[tuple[str, bytes]], words: str
) -> None:
    member.open("/account/avatar")
    page = member.press("Save picture", files=files)
    assert page.status == 422
    assert words in page.text
    assert face(member) == ""


@pytest.mark.parametrize("size", [3_000_000, 20_000_000])
def test_far_too_large_is_refused_beside_the_field(member: Visitor, size: int) -> None:
    member.open("/account/avatar")
    page = member.press("Save picture", files=[("me.png", picture() + bytes(size))])
    assert page.status == 422
    assert "It is too large" in page.text
    assert face(member) == ""


def test_what_no_photo_has_is_not_read(member: Visitor) -> None:
    member.open("/account/avatar")
    assert member.press("Save picture", files=[("me.png", bytes(34_000_000))]).status == 413


def test_a_form_of_another_site_is_refused(member: Visitor) -> None:
    fields = member.open("/account/avatar").form("Save picture").fields
    for headers, sent in (
        ({"Sec-Fetch-Site": "cross-site"}, fields),
        ({}, {**fields, "csrf_token": "x"}),
        ({}, {}),
    ):
        chosen = {"picture": (io.BytesIO(picture()), "me.png")}
        answer = member.client.post("/account/avatar", data={**sent, **chosen}, headers=headers)
        assert answer.status_code in (400, 403)
    assert face(member) == ""


@pytest.mark.parametrize("size", [65_500, 65_535, 131_071, 262_100])
def test_each_byte_is_kept(member: Visitor, size: int) -> None:
    content = b"\r\n" * 20 + bytes(size - 54 - len(picture())) + b"\r\n"
    sent = with_chunk(b"IDAT" + content)
    member.open("/account/avatar")
    member.press("Save picture", files=[("me.png", sent)])
    assert fetch(face(member)).body == sent


def test_others_do_not_change_it(member: Visitor, stranger: Visitor) -> None:
    member.open("/account/avatar")
    member.press("Save picture", files=[("me.png", picture())])
    assert face(stranger) == ""
    stranger.open("/account/avatar")
    stranger.press("Save picture", files=[("me.png", picture(5, 5))])
    assert fetch(face(member)).body == picture()


def test_the_place_where_it_was_taken_is_not_shown(member: Visitor) -> None:
    """Nobody has run a script here: the server takes it out."""
    telling = with_chunk(b"tEXtComment\0Unter den Linden 77")
    member.open("/account/avatar")
    page = member.press("Save picture", files=[("me.png", telling)])
    assert "Your picture was saved." in page.text
    assert fetch(face(member)).body == picture()


def test_a_picture_that_is_cut_off_is_refused(member: Visitor) -> None:
    member.open("/account/avatar")
    page = member.press("Save picture", files=[("me.png", picture()[:-9])])
    assert page.status == 422
    assert "This is no picture that can be shown." in page.text
