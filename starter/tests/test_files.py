"""The list of files, folders, and uploading by a form."""

from __future__ import annotations

import psycopg
import pytest
from visitor import Page, Visitor

from hipflask.testing import SupabaseBackend


def upload(member: Visitor, *files: tuple[str, bytes], at: str = "/files") -> Page:
    member.open(at)
    return member.press("Upload", files=files)


def test_needs_a_sign_in(visitor: Visitor) -> None:
    assert visitor.open("/files").path == "/login?next=%2Ffiles"


def test_empty_says_what_it_is_for(member: Visitor) -> None:
    page = member.open("/files")
    assert "No files yet" in page.text
    assert "0 bytes of 250 MB used" in page.text


def test_several_are_uploaded_at_once(member: Visitor) -> None:
    page = upload(member, ("one.txt", b"12345"), ("two.txt", b"123"))
    assert "2 files were uploaded." in page.text
    assert "2 items" in page.text
    assert "5 bytes" in page.text
    assert "8 bytes of 250 MB used" in page.text


def test_a_name_that_is_taken_gets_a_number(member: Visitor) -> None:
    upload(member, ("report.txt", b"1"))
    page = upload(member, ("Report.TXT", b"2"))
    assert "“Report (2).TXT” was uploaded." in page.text
    assert {"report.txt", "Report (2).TXT"} <= page.links.keys()


@pytest.mark.parametrize(
    ("first", "second", "numbered"),
    [("i.txt", "İ.txt", "İ (2).txt"), ("ΟΔΟΣ", "οδοσ", "οδοσ (2)"), ("ß", "ẞ", "ẞ (2)")],
)
def test_names_are_the_same_when_the_database_says_so(
    member: Visitor, first: str, second: str, numbered: str
) -> None:
    member.open("/files")
    member.press("Upload", files=[(first, b"1")])
    page = member.press("Upload", files=[(second, b"2")])
    assert page.status == 200
    assert {second, numbered} & set(page.links)


def test_choosing_nothing_says_so(member: Visitor) -> None:
    assert "Choose files first" in upload(member).text


NAMES = {
    "报告 第二版.pdf": "报告 第二版.pdf",
    "😀 holiday.png": "😀 holiday.png",
    "C:/Users/ada/plan.doc": "plan.doc",
    "../../etc/passwd": "passwd",
    "con.txt": "_con.txt",
    "a\u202egnp.exe": "agnp.exe",
    "tab\tand\x07bell.txt": "tabandbell.txt",
    "..": "file",
    "?#%&+;=[~].txt": "?#%&+;=[~].txt",
    "e\u0301.txt": "é.txt",
    "<b>bold</b>": "b>",
}


@pytest.mark.parametrize(("sent", "shown"), NAMES.items())
def test_any_name_will_do(member: Visitor, sent: str, shown: str) -> None:
    page = upload(member, (sent, b"content"))
    assert shown in page.links
    page = member.follow(shown)
    assert page.status == 200
    assert shown in page.title


def test_a_name_that_is_too_long_keeps_its_extension(member: Visitor) -> None:
    page = upload(member, ("长" * 400 + ".pdf", b"content"))
    name = next(name for name in page.links if name.startswith("长"))
    assert name.endswith(".pdf")
    assert len(name.encode()) <= 255


def test_an_empty_file_is_a_file(member: Visitor) -> None:
    assert "0 bytes" in upload(member, ("empty.txt", b"")).text


def test_too_large_is_refused_and_the_others_kept(member: Visitor) -> None:
    page = upload(member, ("film.bin", bytes(52_428_801)), ("small.txt", b"1"), ("also.txt", b"2"))
    assert "“film.bin”: It is too large: a file may have up to 52 MB." in page.text
    assert "2 files were uploaded." in page.text
    assert "film.bin" not in page.links
    assert "2 bytes of 250 MB used" in page.text


def fill(backend: SupabaseBackend, size: int) -> None:
    """Let Ada store so much already."""
    with psycopg.connect(backend.database_url) as database:
        database.execute(
            "insert into storage.objects (bucket_id, name, metadata)"
            " select 'files', id || '/full/disk.bin', jsonb_build_object('size', %s::bigint)"
            " from auth.users where email = 'ada@example.com'",
            [size],
        )


def test_nearly_full_is_said(member: Visitor, backend: SupabaseBackend) -> None:
    fill(backend, 249_999_000)
    page = member.open("/files")
    assert "Your space is nearly full: 1 kB are left." in page.text
    assert "disk.bin" in page.links, "what counts is listed, however it came"


def test_what_does_not_fit_is_refused(member: Visitor, backend: SupabaseBackend) -> None:
    fill(backend, 249_999_990)
    page = upload(member, ("big.txt", b"x" * 100_000), ("small.txt", b"12345"))
    assert "“big.txt”: There is no room for it." in page.text
    assert "“small.txt” was uploaded." in page.text


def test_full_says_what_to_do(member: Visitor, backend: SupabaseBackend) -> None:
    fill(backend, 250_000_000)
    assert "Your space is full." in member.open("/files").text


def test_a_form_of_another_site_is_refused(member: Visitor) -> None:
    fields = member.open("/files").form("Upload").fields
    for headers, sent in (
        ({"Sec-Fetch-Site": "cross-site"}, fields),
        ({}, {**fields, "csrf_token": "x"}),
        ({}, {"folder": ""}),
    ):
        answer = member.client.post(
            "/files/upload", data={**sent, "files": (b"x", "x.txt")}, headers=headers
        )
        assert answer.status_code in (400, 403)
    assert "No files yet" in member.open("/files").text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data", b"rubbish"),
        ("text/plain", b"rubbish"),
    ],
)
def test_what_is_no_form_is_refused(member: Visitor, kind: str, body: bytes) -> None:
    answer = member.client.post("/files/upload", data=body, content_type=kind)
    assert answer.status_code in (400, 415)


def test_a_folder_is_made_and_opened(member: Visitor) -> None:
    member.open("/files")
    member.follow("New folder")
    page = member.press("Create folder", name="Holidays")
    assert "“Holidays” was created." in page.text
    page = member.follow("Holidays")
    assert "This folder is empty" in page.text
    page = member.press("Upload", files=[("beach.txt", b"1")])
    assert "beach.txt" in page.links
    member.follow("New folder")
    member.press("Create folder", name="2026")
    page = member.follow("2026")
    assert {"Files", "Holidays"} <= page.links.keys(), "the way back"


def test_an_upload_to_a_folder_that_went_meanwhile_says_so(member: Visitor) -> None:
    member.open("/files/folders/new")
    folder = member.press("Create folder", name="Holidays").links["Holidays"]
    page = member.open(folder)
    member.open(f"/files/{folder.rpartition('/')[2]}/delete")
    member.press("Delete folder")
    member.page = page
    page = member.press("Upload", files=[("beach.txt", b"1")])
    assert page.status == 200
    assert "“beach.txt”: This folder is no longer there." in page.text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Give it a name."),
        (" . ", "Give it a name."),
        ("a/b", "Leave out slashes"),
        ("HOLIDAYS", "There is something called “HOLIDAYS” already."),
    ],
)
def test_a_folder_needs_a_name_of_its_own(member: Visitor, name: str, words: str) -> None:
    member.open("/files/folders/new")
    member.press("Create folder", name="Holidays")
    member.open("/files/folders/new")
    page = member.press("Create folder", name=name)
    assert page.status == 422
    assert words in page.text
    assert page.form("Create folder").fields["name"] == name


def test_folders_have_a_depth(member: Visitor) -> None:
    member.open("/files")
    for number in range(20):
        member.follow("New folder")
        member.press("Create folder", name=f"Level {number}")
        member.follow(f"Level {number}")
    member.follow("New folder")
    assert "any deeper" in member.press("Create folder", name="One more").text


def test_too_many_are_paged(member: Visitor, backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as database:
        database.execute(
            "insert into public.files (user_id, name, is_folder)"
            " select id, 'Folder ' || to_char(n, '000'), true"
            " from auth.users, generate_series(1, 51) n"
        )
    assert "1–50 of 51" in member.open("/files").text
    page = member.follow("Next")
    assert "51–51 of 51" in page.text
    assert member.open("/files?page=99").path == "/files"
    assert member.open("/files?page=x").status == 200


def test_text_is_never_markup(member: Visitor) -> None:
    member.open("/files/folders/new")
    html = member.press("Create folder", name="<script>alert(1)<script>").html
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html


@pytest.mark.parametrize("address", ["/files/folders/x", "/files/x", "/files/folders/new?folder=x"])
def test_odd_addresses_lead_nowhere(member: Visitor, address: str) -> None:
    assert member.open(address).status == 404
