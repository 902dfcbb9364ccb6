"""Deleting, undoing, and what is gone for good."""

from __future__ import annotations

import psycopg
import pytest
from visitor import Page, Visitor

from hipflask.testing import SupabaseBackend


@pytest.fixture
def address(member: Visitor) -> str:
    """The page of Ada's file."""
    member.open("/files")
    return member.press("Upload", files=[("plan.txt", b"12345")]).links["plan.txt"]


def delete(member: Visitor, address: str, button: str = "Delete file") -> Page:
    member.open(f"{address}/delete")
    return member.press(button)


def objects(backend: SupabaseBackend) -> int:
    """How many objects there are."""
    with psycopg.connect(backend.database_url) as database:
        row = database.execute("select count(*) from storage.objects").fetchone()
    return int(row[0]) if row else 0


def later(backend: SupabaseBackend, days: int) -> None:
    """Let what was deleted be deleted so much longer ago."""
    with psycopg.connect(backend.database_url) as database:
        database.execute(
            "update public.files set deleted_at = deleted_at - make_interval(days => %s)", [days]
        )


def test_delete_asks_once_and_can_be_undone(member: Visitor, address: str) -> None:
    assert "Delete this file?" in member.open(f"{address}/delete").text
    page = member.press("Delete file")
    assert "“plan.txt” was deleted." in page.text
    assert "No files yet" in page.text
    assert member.client.get(address).status_code == 404
    page = member.press("Undo")
    assert "“plan.txt” is back." in page.text
    assert page.links["plan.txt"] == address


def test_it_counts_until_it_is_gone(member: Visitor, address: str) -> None:
    page = delete(member, address)
    assert "5 bytes of 250 MB used" in page.text
    assert "Deleted files (5 bytes)" in page.links


def test_it_can_be_brought_back_later(member: Visitor, address: str) -> None:
    delete(member, address)
    page = member.open("/files/deleted")
    assert "plan.txt" in page.text
    page = member.press("Bring back")
    assert "“plan.txt” is back." in page.text


def test_it_comes_back_beside_its_successor(member: Visitor, address: str) -> None:
    delete(member, address)
    member.open("/files")
    member.press("Upload", files=[("plan.txt", b"new")])
    member.open("/files/deleted")
    page = member.press("Bring back")
    assert {"plan.txt", "plan (2).txt"} <= page.links.keys()


def test_a_folder_goes_and_comes_back_with_all_that_is_in_it(member: Visitor) -> None:
    member.open("/files")
    member.follow("New folder")
    folder = member.press("Create folder", name="Plans").links["Plans"]
    member.open(folder)
    file = member.press("Upload", files=[("plan.txt", b"1")]).links["plan.txt"]
    page = delete(member, f"/files/{folder.rpartition('/')[2]}", "Delete folder")
    assert member.client.get(file).status_code == member.client.get(folder).status_code == 404
    page = member.open("/files")
    assert "1 byte of 250 MB used" in page.text
    member.open("/files/deleted")
    assert "Plans" in member.press("Bring back").links
    assert "plan.txt" in member.open(folder).links


def test_a_file_whose_folder_is_gone_comes_back_to_the_topmost(member: Visitor) -> None:
    member.open("/files")
    member.follow("New folder")
    folder = member.press("Create folder", name="Plans").links["Plans"]
    member.open(folder)
    file = member.press("Upload", files=[("plan.txt", b"1")]).links["plan.txt"]
    delete(member, file)
    delete(member, f"/files/{folder.rpartition('/')[2]}", "Delete folder")
    token = member.open("/files").form("Upload").fields["csrf_token"]
    member.client.post(f"{file}/restore", data={"csrf_token": token})
    assert "plan.txt" in member.open("/files").links


def test_all_can_be_deleted_for_good(
    member: Visitor, address: str, backend: SupabaseBackend
) -> None:
    delete(member, address)
    member.open("/files/deleted")
    page = member.follow("Delete all for good")
    assert "This frees 5 bytes and cannot be undone." in page.text
    page = member.press("Delete for good")
    assert "Nothing was deleted" in page.text
    assert objects(backend) == 0
    assert "0 bytes of 250 MB used" in member.open("/files").text


def test_after_a_week_the_next_deletion_clears_it_away(
    member: Visitor, address: str, backend: SupabaseBackend
) -> None:
    member.open("/files")
    other = member.press("Upload", files=[("other.txt", b"1")]).links["other.txt"]
    delete(member, address)
    later(backend, 6)
    delete(member, other)
    assert objects(backend) == 2
    later(backend, 2)
    member.open("/files/folders/new")
    folder = member.press("Create folder", name="x").links["x"]
    delete(member, f"/files/{folder.rpartition('/')[2]}", "Delete folder")
    assert objects(backend) == 1
    token = member.open("/files").form("Upload").fields["csrf_token"]
    answer = member.client.post(
        f"{address}/restore", data={"csrf_token": token}, follow_redirects=True
    )
    assert "can no longer be brought back" in answer.text


def test_uploads_that_were_given_up_are_cleared_away(
    member: Visitor, address: str, backend: SupabaseBackend
) -> None:
    with psycopg.connect(backend.database_url) as database:
        database.execute(
            "insert into public.files (user_id, name, object, size, created_at)"
            " select id, 'half.bin', id || '/x/half.bin', 9, now() - interval '2 days'"
            " from auth.users"
        )
    delete(member, address)
    with psycopg.connect(backend.database_url) as database:
        left = database.execute("select name from public.files").fetchall()
    assert left == [("plan.txt",)]


def test_many_are_paged(member: Visitor, backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as database:
        database.execute(
            "insert into public.files (user_id, name, is_folder, deleted_at)"
            " select id, 'Folder ' || n, true, now() - n * interval '1 minute'"
            " from auth.users, generate_series(1, 201) n"
        )
    page = member.open("/files/deleted")
    assert "Folder 50 " in page.text
    assert "Folder 51 " not in page.text
    assert "Page 1 of 5" in page.text
    assert "Folder 201" in member.open("/files/deleted?page=5").text
    assert "Folder 201" in member.press("Bring back").text, (
        "the last of the page: it goes to a list"
    )
    assert member.open("/files/deleted?page=5").path == "/files/deleted"


def test_all_of_many_go_for_good(member: Visitor, backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as database:
        database.execute(
            "insert into public.files (user_id, name, object, deleted_at)"
            " select id, n || '.txt', id || '/' || n, now()"
            " from auth.users, generate_series(1, 1100) n"
        )
        database.execute(
            "insert into storage.objects (bucket_id, name, metadata)"
            " select 'files', object, '{\"size\": 1}' from public.files"
        )
    assert "1.1 kB" in member.open("/files/deleted/clear").text
    assert "Nothing was deleted" in member.press("Delete for good").text
    assert objects(backend) == 0
