"""One note: to write, change, delete and bring back."""

from __future__ import annotations

import pytest
from visitor import Visitor

from hipflask.testing import SupabaseBackend


@pytest.fixture
def note(member: Visitor) -> str:
    """The address of Ada's note."""
    member.open("/dashboard/notes/new")
    page = member.press("Create note", title="Shopping list", body="Milk\nBread")
    return page.links["Shopping list Milk Bread"]


def test_a_note_is_written_and_read(member: Visitor, note: str) -> None:
    fields = member.open(note).form("Save").fields
    assert fields["title"] == "Shopping list"
    assert fields["body"] == "Milk\nBread"


def test_a_note_is_changed(member: Visitor, note: str) -> None:
    member.open(note)
    page = member.press("Save", title="Shopping", body="\nMilk")
    assert "“Shopping” was saved." in page.text
    assert member.open(note).form("Save").fields["body"] == "\nMilk"


def test_a_note_needs_a_title(member: Visitor) -> None:
    member.open("/dashboard/notes/new")
    page = member.press("Create note", title="  ", body="Kept")
    assert page.status == 422
    assert "Give the note a title." in page.text
    assert page.form("Create note").fields["body"] == "Kept"


def test_too_much_is_refused_and_kept(member: Visitor) -> None:
    member.open("/dashboard/notes/new")
    page = member.press("Create note", title="t" * 201, body="b" * 20_001)
    assert page.status == 422
    assert "Shorten the title" in page.text
    assert "Shorten the text" in page.text
    assert len(page.form("Create note").fields["body"]) == 20_001


def test_delete_asks_once_and_can_be_undone(member: Visitor, note: str) -> None:
    member.open(note)
    page = member.follow("Delete")
    assert "Delete this note?" in page.text
    page = member.press("Delete note")
    assert "“Shopping list” was deleted." in page.text
    assert member.client.get(note).status_code == 404
    page = member.press("Undo")
    assert "“Shopping list” is back." in page.text
    assert member.open(note).form("Save").fields["body"] == "Milk\nBread"


def test_a_deleted_note_goes_for_good_in_the_end(
    member: Visitor, note: str, backend: SupabaseBackend
) -> None:
    member.open(note + "/delete")
    page = member.press("Delete note")
    page = member.press("Undo")
    assert page.status == 200
    page = member.open("/dashboard")
    assert "One note" in page.text


def test_a_change_elsewhere_is_not_overwritten(member: Visitor, note: str) -> None:
    stale = member.open(note).form("Save").fields["seen"]
    member.press("Save", title="Changed elsewhere", body="Theirs")
    member.open(note)
    page = member.press("Save", title="Mine", body="My text", seen=stale)
    assert page.status == 409
    assert "Theirs" in page.text
    assert page.form("Save").fields["body"] == "My text"
    page = member.press("Save")  # having seen both, Ada decides
    assert "“Mine” was saved." in page.text


def test_a_stranger_finds_nothing(member: Visitor, note: str, stranger: Visitor) -> None:
    assert stranger.open(note).status == 404
    assert "No notes yet" in stranger.open("/dashboard").text
    stranger.open("/dashboard/notes/new")
    token = stranger.open("/dashboard/notes/new").form("Create note").fields["csrf_token"]
    for address in (note, note + "/delete", note + "/restore"):
        stranger.client.post(
            address, data={"csrf_token": token, "title": "Eve's", "body": "", "seen": ""}
        )
    assert member.open(note).form("Save").fields["title"] == "Shopping list"


@pytest.mark.parametrize("address", ["/dashboard/notes/new", "/dashboard/notes/x", "/nowhere"])
def test_a_program_gets_a_problem(visitor: Visitor, address: str) -> None:
    answer = visitor.client.get(address, headers={"Accept": "application/json"})
    assert answer.status_code in (401, 404)
    assert answer.content_type == "application/problem+json"


def test_a_form_is_refused_without_its_token(member: Visitor) -> None:
    answer = member.client.post("/dashboard/notes/new", data={"title": "x", "body": ""})
    assert answer.status_code in (400, 403)
    assert "No notes yet" in member.open("/dashboard").text
