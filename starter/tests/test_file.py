"""One file: to look at, download, rename and move."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from storage_calls import fetch, picture
from visitor import Visitor

HOSTILE = {
    "page.html": b"<!doctype html><script>alert(document.domain)</script>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "feed.xml": b'<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml"/>',
    "script.js": b"alert(1)",
    "picture.png": b"<html><script>alert(1)</script>",
}


def upload(member: Visitor, name: str, content: bytes) -> str:
    """Upload a file and return the address of its page."""
    member.open("/files")
    return member.press("Upload", files=[(name, content)]).links[name]


def download(member: Visitor, address: str) -> str:
    """Return where the file is downloaded from."""
    answer = member.client.get(f"{address}/download")
    assert answer.status_code == 302
    assert "no-store" in answer.headers["Cache-Control"]
    return answer.headers["Location"]


def test_what_comes_back_is_what_was_sent(member: Visitor) -> None:
    content = bytes(range(256)) * 2000
    address = upload(member, "报告.bin", content)
    answer = fetch(download(member, address))
    assert answer.body == content
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert quote("报告.bin") in answer.headers["Content-Disposition"]


def test_the_bytes_do_not_pass_through_the_application(member: Visitor, app: object) -> None:
    address = upload(member, "a.txt", b"1")
    assert "/storage/v1/object/sign/files/" in download(member, address)


@pytest.mark.parametrize(("name", "content"), HOSTILE.items())
def test_hostile_files_run_nowhere(member: Visitor, name: str, content: bytes) -> None:
    address = upload(member, name, content)
    link = download(member, address)
    for opened in (link, link.partition("&download=")[0]):
        kind = fetch(opened).headers["Content-Type"]
        assert kind.partition(";")[0] in ("application/octet-stream", "text/plain"), opened
    assert "data-preview" not in member.open(address).html
    assert member.client.get(f"{address}/thumbnail").status_code == 404


def test_a_picture_is_shown(member: Visitor) -> None:
    address = upload(member, "lake.png", picture())
    page = member.open(address)
    assert 'alt="Preview of lake.png"' in page.html
    assert f'src="{address}/thumbnail"' in member.open("/files").html


def test_a_thumbnail_is_small(member: Visitor) -> None:
    address = upload(member, "lake.png", picture(400, 300))
    answer = member.client.get(f"{address}/thumbnail")
    assert "/render/image/sign/" in answer.headers["Location"]
    small = fetch(answer.headers["Location"])
    assert small.status == 200
    assert small.headers["Content-Type"].startswith("image/")


def test_it_is_renamed(member: Visitor) -> None:
    address = upload(member, "draft.txt", b"1")
    member.open(f"{address}/rename")
    page = member.press("Rename", name="终稿 😀.txt")
    assert page.links["终稿 😀.txt"] == address
    assert quote("终稿") in fetch(download(member, address)).headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("name", "words"), [(" ", "Give it a name."), ("A.TXT", "There is something called “A.TXT”")]
)
def test_a_name_that_cannot_be_is_refused(member: Visitor, name: str, words: str) -> None:
    upload(member, "a.txt", b"1")
    address = upload(member, "b.txt", b"2")
    member.open(f"{address}/rename")
    page = member.press("Rename", name=name)
    assert page.status == 422
    assert words in page.text


def make_folder(member: Visitor, name: str, inside: str = "/files") -> str:
    """Make a folder and return the address of its list."""
    member.open(inside)
    member.follow("New folder")
    return member.press("Create folder", name=name).links[name]


def test_it_is_moved_to_a_folder_and_back(member: Visitor) -> None:
    folder = make_folder(member, "Holidays")
    address = upload(member, "beach.txt", b"1")
    member.open(f"{address}/move")
    page = member.press("Move", folder=folder.rpartition("/")[2])
    assert page.path.startswith(folder)
    assert "“beach.txt” was moved here." in page.text
    assert "beach.txt" not in member.open("/files").links
    member.open(f"{address}/move")
    assert "beach.txt" in member.press("Move", folder="").links


def test_moving_gives_a_number_where_the_name_is_taken(member: Visitor) -> None:
    folder = make_folder(member, "Holidays")
    member.open(folder)
    member.press("Upload", files=[("beach.txt", b"1")])
    address = upload(member, "beach.txt", b"2")
    member.open(f"{address}/move")
    page = member.press("Move", folder=folder.rpartition("/")[2])
    assert {"beach.txt", "beach (2).txt"} <= page.links.keys()


def test_moving_makes_no_folders_deeper_than_new_ones_may_be(member: Visitor) -> None:
    inner = outer = "/files"
    for number in range(12):
        inner = make_folder(member, f"a{number}", inner)
    for number in range(9):
        outer = make_folder(member, f"b{number}", outer)
    first = member.open("/files").links["b0"].rpartition("/")[2]
    member.open(f"/files/{first}/move")
    page = member.press("Move", folder=inner.rpartition("/")[2])
    assert page.status == 422
    assert "Folders cannot lie any deeper than this." in page.text
    address = upload(member, "a.txt", b"1")
    member.open(f"{address}/move")
    assert member.press("Move", folder=inner.rpartition("/")[2]).status == 200


def test_a_folder_does_not_go_into_itself(member: Visitor) -> None:
    outer = make_folder(member, "Outer")
    inner = make_folder(member, "Inner", outer)
    outer_id, inner_id = (address.rpartition("/")[2] for address in (outer, inner))
    page = member.open(f"/files/{outer_id}/move")
    assert "Inner" not in page.text
    page = member.press("Move", folder=inner_id)
    assert page.status == 422
    assert "Outer" in member.open("/files").links


def test_a_stranger_finds_nothing(member: Visitor, stranger: Visitor) -> None:
    address = upload(member, "secret.txt", b"1")
    folder = make_folder(member, "Private")
    folder_id = folder.rpartition("/")[2]
    token = stranger.open("/files").form("Upload").fields["csrf_token"]
    for path in ("", "/download", "/thumbnail", "/rename", "/move", "/share", "/delete"):
        assert stranger.open(address + path).status == 404
    assert stranger.open(folder).status == 404
    for path in ("rename", "move", "share", "unshare", "delete", "restore"):
        stranger.client.post(
            f"{address}/{path}",
            data={"csrf_token": token, "name": "taken", "folder": "", "lifetime": "3600"},
        )
    answer = stranger.client.post(
        "/files/folders/new", data={"csrf_token": token, "name": "x", "folder": folder_id}
    )
    assert answer.status_code == 404
    assert "secret.txt" in member.open("/files").links


@pytest.mark.parametrize("page", ["", "/rename", "/move", "/share", "/delete"])
def test_the_bar_says_where_this_is(member: Visitor, page: str) -> None:
    address = upload(member, "a.txt", b"1")
    assert 'href="/files" aria-current="true"' in member.open(address + page).html
