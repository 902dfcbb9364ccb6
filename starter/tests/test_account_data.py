"""Taking everything away as a zip."""

from __future__ import annotations

import io
import json
import zipfile

import psycopg
from conftest import PASSWORD
from storage_calls import picture
from visitor import Visitor
from werkzeug.test import TestResponse

from hipflask.testing import SupabaseBackend


def export(member: Visitor) -> TestResponse:
    fields = member.open("/account/data").form("Download your data").fields
    return member.client.post("/account/data", data=fields)


def opened(answer: TestResponse) -> zipfile.ZipFile:
    assert answer.mimetype == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    return archive


def test_it_holds_what_is_ones_own(member: Visitor, stranger: Visitor) -> None:
    for visitor, title in ((member, "Für Ada"), (stranger, "For Eve")):
        visitor.open("/dashboard/notes/new")
        visitor.press("Create note", title=title, body="Zeile 1\nZeile 2")
    for folder in ("", "报告"):
        if folder:
            member.open("/files/folders/new")
            member.press("Create folder", name=folder)
            member.open("/files")
            member.follow(folder)
        else:
            member.open("/files")
        member.press("Upload", files=[("lake.png", picture()), ("a.bin", bytes(200_000))])
    member.open("/account/avatar")
    member.press("Save picture", files=[("me.png", picture(9, 9))])

    archive = opened(export(member))
    names = archive.namelist()
    notes = json.loads(archive.read("notes.json"))
    assert [note["title"] for note in notes] == ["Für Ada"]
    assert "## Für Ada" in archive.read("notes.md").decode()
    assert archive.read("files/lake.png") == picture()
    assert archive.read("files/报告/a.bin") == bytes(200_000)
    assert [archive.read(name) for name in names if name.startswith("picture/")] == [picture(9, 9)]
    assert json.loads(archive.read("profile.json"))["email"] == "ada@example.com"
    assert json.loads(archive.read("identities.json"))[0]["provider"] == "email"
    log = [json.loads(line) for line in archive.read("security-log.jsonl").splitlines()]
    assert [entry["event"] for entry in log] == ["data_exported", "signed_in"]
    assert "missing-files.txt" not in names
    whole = b"".join(archive.read(name) for name in names)
    assert b"Eve" not in whole
    assert b"eve@example.com" not in whole


def test_one_with_nothing_in_it_opens_too(member: Visitor) -> None:
    archive = opened(export(member))
    assert json.loads(archive.read("notes.json")) == []


def test_many_notes_come_page_by_page(member: Visitor, backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute(
            "insert into public.notes (user_id, title) select id, 'Note ' || n"
            " from auth.users, generate_series(1, 350) n"
        )
    notes = json.loads(opened(export(member)).read("notes.json"))
    assert len({note["id"] for note in notes}) == 350


def test_a_file_that_cannot_be_read_is_named(member: Visitor, backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute(
            "insert into storage.objects (bucket_id, name, owner_id, metadata) select 'files',"
            " id || '/gone.bin', id::text, '{\"size\": 5}' from auth.users"
        )
        connection.execute(
            "insert into public.files (user_id, name, object)"
            " select id, '..\\gone.bin', id || '/gone.bin' from auth.users"
        )
    archive = opened(export(member))
    assert "files/.._gone.bin" in archive.read("missing-files.txt").decode()


def test_it_needs_a_fresh_proof(
    member: Visitor, visitor: Visitor, backend: SupabaseBackend
) -> None:
    page = member.open("/account/data")
    fields = page.form("Download your data").fields
    backend.clock.advance(minutes=11)
    assert member.client.post("/account/data", data=fields).status_code == 403
    assert member.open("/account/data").path.startswith("/login/confirm")
    page = member.press("Confirm", password=PASSWORD)
    assert page.path == "/account/data"
    assert opened(export(member)).namelist()
    assert visitor.open("/account/data").path.startswith("/login")
    assert member.client.post("/account/data", data={}).status_code in (400, 403)
