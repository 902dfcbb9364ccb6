"""The part of the walk through every page that is about files, and the picture of oneself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from PIL import Image

from tests.browser.live_app import LiveApp
from tests.browser.visitor import Visitor

LONG = "A title that is longer than a phone is wide and goes on and on, " * 3
SLOW = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}


def files_tour(visitor: Visitor, live: LiveApp) -> Iterator[str]:
    """Upload, sort, share and delete files; then choose a picture."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _write_files(folder)
        visitor.goto("/files")
        yield "files-empty"
        yield from _uploading(visitor, folder)
        yield from _folders(visitor)
        yield from _one_file(visitor)
        yield from _too_many(visitor, live)
        yield from _deleted(visitor)
        yield from _picture(visitor, folder)


def _uploading(visitor: Visitor, folder: Path) -> Iterator[str]:
    page, _ = visitor.page, visitor._
    page.set_input_files("#upload-files", [*folder.glob("*.p*"), folder / "far too large.mov"])
    page.locator(".upload[data-state=done]").nth(1).wait_for()
    page.locator("#results tbody tr").nth(1).wait_for()
    yield "files-uploaded"
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    page.set_input_files("#upload-files", [folder / "film.mp4", folder / "stopped.mp4"])
    page.get_by_role("button", name=f"{_('Pause')}: stopped.mp4").click()
    page.wait_for_timeout(600)
    yield "files-uploading"
    session.send("Network.emulateNetworkConditions", {**SLOW, "offline": True})
    visitor.expected_noise |= {"ERR_INTERNET_DISCONNECTED"}
    visitor.sees("The connection is gone. It goes on by itself.")
    yield "files-offline"
    session.send("Network.emulateNetworkConditions", SLOW)
    for name in ("film.mp4", "stopped.mp4"):
        page.get_by_role("button", name=f"{_('Cancel')}: {name}").click()
    page.wait_for_load_state("networkidle")
    session.detach()


def _folders(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    visitor.goto("/files")
    page.locator("#results details summary").last.click()
    yield "files-menu"
    visitor.goto("/files/folders/new")
    yield "folder-new"
    visitor.press("Create folder")
    yield "folder-errors"
    visitor.fill("Name", LONG[:200])
    visitor.press("Create folder")
    yield "files"
    page.locator("#results").get_by_role("link", name=LONG[:40]).first.click()
    yield "folder-empty"


def _one_file(visitor: Visitor) -> Iterator[str]:
    page = visitor.page
    visitor.goto("/files")
    page.get_by_role("link", name="lake.png", exact=True).click()
    page.wait_for_load_state("networkidle")
    yield "file"
    for link, name in (("Rename", "file-rename"), ("Move", "file-move")):
        visitor.follow(link)
        page.locator("dialog").wait_for()
        yield name
        page.keyboard.press("Escape")
    visitor.follow("Share")
    page.locator("dialog").wait_for()
    yield "file-share"
    visitor.press("Create link")
    yield "file-link"
    visitor.follow("Back to the file")
    yield "file-shared"
    visitor.follow("Delete")
    page.locator("dialog").wait_for()
    yield "file-delete"
    visitor.press("Delete file")
    yield "files-undo"


def _too_many(visitor: Visitor, live: LiveApp) -> Iterator[str]:
    _fill(live)
    visitor.goto("/files")
    yield "files-full"
    visitor.page.locator("nav[aria-label] a[rel=next]").click()
    yield "files-page-2"


def _deleted(visitor: Visitor) -> Iterator[str]:
    visitor.goto("/files/deleted")
    yield "files-deleted"
    visitor.follow("Delete all for good")
    visitor.page.locator("dialog").wait_for()
    yield "files-clear"
    visitor.press("Delete for good")
    yield "files-none-deleted"


def _picture(visitor: Visitor, folder: Path) -> Iterator[str]:
    page, _ = visitor.page, visitor._
    visitor.goto("/account/avatar")
    yield "avatar"
    visitor.press("Save picture")
    yield "avatar-errors"
    page.set_input_files("#picture", folder / "lake.png")
    page.locator("button[type=submit]:not([disabled])", has_text=_("Save picture")).click()
    page.locator("nav img.face").first.wait_for()
    yield "avatar-saved"
    page.locator("summary").last.click()
    yield "avatar-menu"


def _write_files(folder: Path) -> None:
    """Write what is uploaded: a picture, a long name, one that is too large, and two films."""
    Image.radial_gradient("L").resize((1200, 800)).convert("RGB").save(folder / "lake.png")
    (folder / f"{LONG[:150]} 报告.pdf").write_bytes(b"%PDF-1.7")
    (folder / "far too large.mov").write_bytes(bytes(52_428_801))
    for name in ("film.mp4", "stopped.mp4"):
        (folder / name).write_bytes(bytes(9_000_000))


def _fill(live: LiveApp) -> None:
    """Use all the space up, and more than a page of the list."""
    with psycopg.connect(live.backend.database_url) as connection:
        connection.execute(
            "insert into storage.objects (bucket_id, name, metadata)"
            " select 'files', id || '/disk.bin', '{\"size\": 250000000}' from auth.users"
        )
        connection.execute(
            "insert into public.files (user_id, name, is_folder)"
            " select id, 'Folder ' || n, true from auth.users, generate_series(1, 60) n"
        )
