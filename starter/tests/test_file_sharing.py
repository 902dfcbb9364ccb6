"""Links for others."""

from __future__ import annotations

import re
from datetime import timedelta

import psycopg
import pytest
from storage_calls import fetch
from visitor import Visitor

from hipflask.testing import SupabaseBackend


@pytest.fixture
def address(member: Visitor) -> str:
    """The page of Ada's file."""
    member.open("/files")
    return member.press("Upload", files=[("plan.txt", b"the plan")]).links["plan.txt"]


def share(member: Visitor, address: str, lifetime: int = 3600) -> str:
    """Return a new link."""
    member.open(f"{address}/share")
    page = member.press("Create link", lifetime=str(lifetime))
    found = re.search(r'id="link" value="([^"]+)"', page.html)
    assert found, page.text
    return found[1].replace("&amp;", "&")


def test_whoever_has_the_link_downloads_it(member: Visitor, address: str) -> None:
    answer = fetch(share(member, address))
    assert answer.body == b"the plan"
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_the_link_ends(member: Visitor, address: str, backend: SupabaseBackend) -> None:
    link = share(member, address)
    backend.clock.advance(timedelta(hours=1, seconds=5))
    assert fetch(link).status == 400


def test_a_share_is_shown_and_can_be_stopped(member: Visitor, address: str) -> None:
    link = share(member, address)
    other = share(member, address, 86400)
    assert "Shared" in member.open("/files").text
    assert "Shared until" in member.open(address).text
    page = member.press("Stop sharing")
    assert "Links to “plan.txt” no longer work." in page.text
    assert "Shared until" not in page.text
    assert fetch(link).status == fetch(other).status == 400
    assert fetch(share(member, address)).body == b"the plan"


def test_deleting_ends_it_and_undo_does_not_bring_it_back(member: Visitor, address: str) -> None:
    link = share(member, address)
    member.open(f"{address}/delete")
    member.press("Delete file")
    assert fetch(link).status == 400
    member.press("Undo")
    assert fetch(link).status == 400
    assert fetch(share(member, address)).body == b"the plan"


@pytest.mark.parametrize("more", [0, 5_000_000])
def test_it_can_be_stopped_when_all_space_is_used(
    member: Visitor, address: str, backend: SupabaseBackend, more: int
) -> None:
    other = member.open("/files") and member.press("Upload", files=[("b.txt", b"2")]).links["b.txt"]
    links = share(member, address), share(member, other)
    with psycopg.connect(backend.database_url) as database:
        database.execute(
            "insert into storage.objects (bucket_id, name, metadata)"
            " select 'files', id || '/disk.bin', jsonb_build_object('size', %s::bigint)"
            " from auth.users",
            [250_000_000 - 9 + more],
        )
    member.open(address)
    assert "no longer work" in member.press("Stop sharing").text
    member.open(f"{other}/delete")
    assert "“b.txt” was deleted." in member.press("Delete file").text
    assert [fetch(link).status for link in links] == [400, 400]


def test_deleting_its_folder_ends_it(member: Visitor) -> None:
    member.open("/files")
    member.follow("New folder")
    folder = member.press("Create folder", name="Plans").links["Plans"]
    member.open(folder)
    address = member.press("Upload", files=[("plan.txt", b"1")]).links["plan.txt"]
    link = share(member, address)
    member.open(f"/files/{folder.rpartition('/')[2]}/delete")
    member.press("Delete folder")
    assert fetch(link).status == 400
    assert member.open(address).status == 404


def test_only_times_of_the_list_can_be_chosen(member: Visitor, address: str) -> None:
    member.open(f"{address}/share")
    page = member.press("Create link", lifetime="99999999")
    assert page.status == 422
    assert "Choose how long the link works." in page.text
