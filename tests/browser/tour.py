"""A walk through every page of the starter and the states that it can be in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from PIL import Image

from tests.browser.account_tour import account_tour
from tests.browser.live_app import LiveApp
from tests.browser.visitor import Visitor

EMAIL, PASSWORD = "ann.with.a.rather.long.address@example.com", "correct horse 1"
LONG = "A title that is longer than a phone is wide and goes on and on, " * 3


def tour(visitor: Visitor, live: LiveApp) -> Iterator[str]:
    """Go from state to state; each name that comes out is a page to look at."""
    visitor.expected_statuses |= {400, 401, 404, 410, 422}
    yield from _signed_out(visitor, live)
    yield from _links(visitor, live)
    yield from _signed_in(visitor, live)


def _signed_out(visitor: Visitor, live: LiveApp) -> Iterator[str]:
    visitor.goto("/")
    yield "home"
    visitor.page.locator("summary").first.click()
    yield "home-menu"
    visitor.goto("/signup")
    yield "signup"
    visitor.press("Create account")
    yield "signup-errors"
    visitor.goto("/login")
    yield "login"
    visitor.fill("E-mail", EMAIL)
    visitor.fill("Password", "wrong password")
    visitor.press("Sign in")
    yield "login-refused"
    visitor.goto("/users/forgot-password")
    yield "forgot-password"
    visitor.goto("/nowhere")
    yield "not-found"


def _links(visitor: Visitor, live: LiveApp) -> Iterator[str]:
    visitor.goto("/auth/callback")
    yield "callback"
    visitor.goto("/auth/confirm")
    yield "link-incomplete"
    visitor.goto("/auth/confirm?error_code=otp_expired&error=access_denied")
    yield "link-expired"
    visitor.goto("/users/reset-password?error_code=otp_expired&error=access_denied")
    yield "reset-link-expired"
    visitor.goto("/signup")
    visitor.fill("E-mail", EMAIL)
    visitor.fill("Password", PASSWORD)
    visitor.press("Create account")
    yield "check-mail"
    visitor.fill("Six-digit code", "000000")
    visitor.press("Continue with the code")
    yield "check-mail-refused"
    visitor.goto("/login")
    visitor.fill("E-mail", EMAIL)
    visitor.fill("Password", PASSWORD)
    visitor.press("Sign in")
    yield "login-unconfirmed"
    visitor.goto(live.backend.mailbox.latest(to=EMAIL).link)
    yield "confirm"
    visitor.press("Confirm e-mail")


def _signed_in(visitor: Visitor, live: LiveApp) -> Iterator[str]:
    yield "dashboard-empty"
    visitor.goto("/dashboard/notes/new")
    yield "note-new"
    visitor.press("Create note")
    yield "note-errors"
    _write_notes(live)
    visitor.goto("/dashboard")
    yield "dashboard"
    visitor.page.locator("summary").last.click()
    yield "dashboard-menu"
    visitor.goto("/dashboard?q=nothing-like-it")
    yield "dashboard-nothing-found"
    visitor.goto("/dashboard")
    visitor.page.get_by_role("row").nth(1).get_by_role("link").first.click()
    yield "note-edit"
    visitor.page.get_by_role("main").get_by_role("link", name=visitor._("Delete")).click()
    yield "note-delete"
    visitor.press("Delete note")
    yield "dashboard-undo"
    with TemporaryDirectory() as folder:
        yield from _files(visitor, live, Path(folder))
    yield from account_tour(visitor, live, EMAIL, PASSWORD)
    visitor.goto("/users/forgot-password")
    visitor.fill("E-mail", EMAIL)
    visitor.page.get_by_role("main").get_by_role("button").first.click()
    yield "recovery-sent"
    visitor.goto(live.backend.mailbox.latest(to=EMAIL).link)
    yield "recovery-link"
    visitor.press("Choose a new password")
    yield "reset-password"
    visitor.fill("New password", "short")
    visitor.press("Save the new password")
    yield "reset-password-errors"
    visitor.fill("New password", "battery staple 2")
    visitor.press("Save the new password")
    yield "reset-done"


def _files(visitor: Visitor, live: LiveApp, folder: Path) -> Iterator[str]:
    page, _ = visitor.page, visitor._
    _write_files(folder)
    visitor.goto("/files")
    yield "files-empty"
    page.set_input_files("#upload-files", [*folder.glob("*.p*"), folder / "far too large.mov"])
    page.locator(".upload[data-state=done]").nth(1).wait_for()
    page.locator("#results tbody tr").nth(1).wait_for()
    yield "files-uploaded"
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 300_000}
    session.send("Network.emulateNetworkConditions", slow)
    page.set_input_files("#upload-files", [folder / "film.mp4", folder / "stopped.mp4"])
    page.get_by_role("button", name=f"{_('Pause')}: stopped.mp4").click()
    page.wait_for_timeout(600)
    yield "files-uploading"
    session.send("Network.emulateNetworkConditions", {**slow, "offline": True})
    visitor.expected_noise |= {"ERR_INTERNET_DISCONNECTED"}
    visitor.sees("The connection is gone. It goes on by itself.")
    yield "files-offline"
    session.send("Network.emulateNetworkConditions", slow)
    for name in ("film.mp4", "stopped.mp4"):
        page.get_by_role("button", name=f"{_('Cancel')}: {name}").click()
    page.wait_for_load_state("networkidle")
    session.detach()
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
    visitor.goto("/files")
    page.get_by_role("link", name="lake.png", exact=True).click()
    page.wait_for_load_state("networkidle")
    yield "file"
    visitor.follow("Rename")
    page.locator("dialog").wait_for()
    yield "file-rename"
    page.keyboard.press("Escape")
    visitor.follow("Move")
    page.locator("dialog").wait_for()
    yield "file-move"
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
    _fill(live)
    visitor.goto("/files")
    yield "files-full"
    page.locator("nav[aria-label] a[rel=next]").click()
    yield "files-page-2"
    visitor.goto("/files/deleted")
    yield "files-deleted"
    visitor.follow("Delete all for good")
    page.locator("dialog").wait_for()
    yield "files-clear"
    visitor.press("Delete for good")
    yield "files-none-deleted"
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


def _write_notes(live: LiveApp) -> None:
    """Fill more than a page of the list."""
    with psycopg.connect(live.backend.database_url) as connection:
        connection.execute(
            "insert into public.notes (user_id, title, body)"
            " select u.id, 'Note ' || n, 'What to remember of it'"
            " from auth.users u, generate_series(1, 24) n",
        )
        connection.execute(
            "insert into public.notes (user_id, title, body)"
            " select id, %s, repeat('word', 200) from auth.users",
            [LONG[:200]],
        )
