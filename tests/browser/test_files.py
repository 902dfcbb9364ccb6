"""Files as a person has them: uploaded, interrupted, ordered, shared, deleted, brought back."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Error, Locator, Page, Route

from tests.browser.live_app import LiveApp
from tests.browser.test_journey import PASSWORD, sign_in
from tests.browser.test_keyboard import enter, reach
from tests.browser.visitor import Visitor

EMAIL = "ann@example.com"
MEGABYTE = 1_000_000
OFFLINE = {"ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "ERR_ABORTED"}


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, int], Path]:
    """Makes files whose bytes nobody could guess."""

    def make(name: str, size: int) -> Path:
        path = tmp_path / name
        path.write_bytes(os.urandom(size))
        return path

    return make


@pytest.fixture
def ann(live: LiveApp, visit: Callable[..., Visitor]) -> Visitor:
    """Ann, signed in and at her files."""
    live.backend.create_user(EMAIL, password=PASSWORD)
    visitor = visit(live.url)
    sign_in(visitor, EMAIL)
    visitor.goto("/files")
    return visitor


class Line:
    """The page's connection: slow upwards, or gone."""

    def __init__(self, page: Page) -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("Network.enable")

    def be(self, *, upload: int = -1, offline: bool = False) -> None:
        """Let it be so; ``upload`` is in bytes a second."""
        self._session.send(
            "Network.emulateNetworkConditions",
            {
                "offline": offline,
                "latency": 0,
                "downloadThroughput": -1,
                "uploadThroughput": upload,
            },
        )


@pytest.fixture
def line(ann: Visitor) -> Line:
    """Ann's connection."""
    return Line(ann.page)


def row(page: Page, name: str) -> Locator:
    """The row of an upload."""
    return page.locator(".upload", has_text=name)


def until(page: Page, name: str, percent: int) -> None:
    """Wait until so much of an upload is sent."""
    page.wait_for_function(
        "([name, percent]) => [...document.querySelectorAll('.upload')].some(row =>"
        " row.textContent.includes(name) && row.querySelector('progress').value >= percent)",
        arg=[name, percent],
        timeout=60_000,
    )


def done(page: Page, name: str) -> None:
    """Wait until an upload is complete and the list shows it."""
    page.locator(".upload[data-state=done]", has_text=name).wait_for(timeout=120_000)
    page.locator("#results").get_by_role("link", name=name, exact=True).wait_for()


def stored(live: LiveApp, name: str, folder: Path) -> str:
    """Return the digest of what Storage has under this name."""
    with psycopg.connect(live.backend.database_url) as database:
        found = database.execute(
            "select object from public.files where name = %s", [name]
        ).fetchone()
    assert found
    key = live.backend.secret_key
    answer = live.backend.request(
        "GET",
        f"/storage/v1/object/files/{found[0]}",
        headers={"apikey": key, "Authorization": f"Bearer {key}"},
    )
    digest = hashlib.sha256(answer.get_data()).hexdigest()
    answer.close()
    return digest


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])
def test_whole_journey(
    live: LiveApp,
    visit: Callable[..., Visitor],
    file: Callable[[str, int], Path],
    language: str,
    javascript: bool,
) -> None:
    live.backend.create_user(EMAIL, password=PASSWORD)
    ann = visit(live.url, language=language, javascript=javascript)
    _, page = ann._, ann.page
    sign_in(ann, EMAIL)
    page.get_by_role("navigation").get_by_role("link", name=_("Files"), exact=True).click()
    assert ann.sees("No files yet")

    page.set_input_files("#upload-files", [file("a.bin", 300), file("照片 b.bin", 2 * MEGABYTE)])
    if javascript:
        done(page, "a.bin")
        done(page, "照片 b.bin")
    else:
        ann.press("Upload")
    assert page.get_by_role("link", name="照片 b.bin", exact=True).is_visible()

    ann.follow("New folder")
    ann.fill("Name", "Trip 旅行")
    ann.press("Create folder")
    page.get_by_role("link", name="照片 b.bin", exact=True).click()
    with page.expect_download() as download:
        ann.follow("Download")
    assert download.value.suggested_filename == "照片 b.bin"
    ann.follow("Rename")
    ann.fill("Name", "beach.bin")
    ann.press("Rename")
    page.get_by_role("link", name="beach.bin", exact=True).click()
    ann.follow("Move")
    page.get_by_label(_("Folder"), exact=True).select_option(label=f"{_('Files')} / Trip 旅行")
    ann.press("Move")
    assert ann.heading() == "Trip 旅行"

    page.get_by_role("link", name="beach.bin", exact=True).click()
    ann.follow("Share")
    ann.press("Create link")
    link = page.get_by_label(_("Link"), exact=True).input_value()
    elsewhere = visit(live.url, language=language)
    with elsewhere.page.expect_download() as download, pytest.raises(Error, match="Download"):
        elsewhere.goto(link)
    assert download.value.suggested_filename == "beach.bin"

    ann.follow("Back to the file")
    ann.follow("Delete")
    ann.press("Delete file")
    assert ann.sees("This folder is empty")
    ann.press("Undo")
    assert page.get_by_role("link", name="beach.bin", exact=True).is_visible()
    page.get_by_role("link", name="beach.bin", exact=True).click()
    ann.follow("Delete")
    ann.press("Delete file")
    ann.page.get_by_role("link", name=_("Deleted files")).click()
    ann.follow("Delete all for good")
    ann.press("Delete for good")
    assert ann.sees("Nothing was deleted")


def test_several_files_dropped_at_once(
    ann: Visitor, live: LiveApp, file: Callable[[str, int], Path], tmp_path: Path
) -> None:
    files = [file(f"{number}.bin", 400_000) for number in range(7)]
    page = ann.page
    transfer = page.evaluate_handle("() => new DataTransfer()")
    for path in files:
        page.evaluate(
            "([transfer, name, size]) => transfer.items.add("
            "new File([new Uint8Array(size).fill(7)], name))",
            [transfer, path.name, 400_000],
        )
    drop = page.locator("form[data-upload]")
    drop.dispatch_event("dragenter", {"dataTransfer": transfer})
    assert drop.get_attribute("data-over") is not None
    drop.dispatch_event("drop", {"dataTransfer": transfer})
    assert drop.get_attribute("data-over") is None
    for path in files:
        done(page, path.name)
    seven = hashlib.sha256(b"\x07" * 400_000).hexdigest()
    assert {stored(live, path.name, tmp_path) for path in files} == {seven}
    assert page.get_by_text("2.8 MB of 250 MB used").is_visible()


def test_fifty_megabytes_paused_and_resumed(
    ann: Visitor, line: Line, live: LiveApp, file: Callable[[str, int], Path], tmp_path: Path
) -> None:
    film = file("film.bin", 50 * MEGABYTE)
    page = ann.page
    line.be(upload=20 * MEGABYTE)
    page.set_input_files("#upload-files", film)
    until(page, "film.bin", 20)
    page.get_by_role("button", name="Pause: film.bin").click()
    assert row(page, "film.bin").get_by_text("Paused at").is_visible()
    resume = page.get_by_role("button", name="Resume: film.bin")
    assert resume.evaluate("element => element === document.activeElement")
    page.wait_for_timeout(500)
    assert row(page, "film.bin").get_by_text("Paused at").is_visible()
    line.be()
    resume.click()
    done(page, "film.bin")
    assert stored(live, "film.bin", tmp_path) == digest(film)


def test_a_lost_connection_in_the_middle(
    ann: Visitor, line: Line, live: LiveApp, file: Callable[[str, int], Path], tmp_path: Path
) -> None:
    film = file("film.bin", 50 * MEGABYTE)
    page = ann.page
    ann.expected_noise = OFFLINE
    line.be(upload=20 * MEGABYTE)
    page.set_input_files("#upload-files", film)
    until(page, "film.bin", 20)
    line.be(offline=True)
    row(page, "film.bin").get_by_text("The connection is gone.").wait_for()
    page.wait_for_timeout(1500)
    line.be()
    done(page, "film.bin")
    assert stored(live, "film.bin", tmp_path) == digest(film)


def test_a_reload_in_the_middle(
    ann: Visitor, line: Line, live: LiveApp, file: Callable[[str, int], Path], tmp_path: Path
) -> None:
    film = file("film.bin", 30 * MEGABYTE)
    page = ann.page
    line.be(upload=15 * MEGABYTE)
    page.set_input_files("#upload-files", film)
    until(page, "film.bin", 45)
    page.reload()
    line.be(upload=15 * MEGABYTE)
    row(page, "film.bin").wait_for()
    first = int(row(page, "film.bin").locator("progress").get_attribute("value") or 0)
    until(page, "film.bin", max(first, 20))
    line.be()
    done(page, "film.bin")
    assert stored(live, "film.bin", tmp_path) == digest(film)
    page.reload()
    page.wait_for_load_state("networkidle")
    assert page.locator(".upload").count() == 0, "nothing is left to be done"


def test_paused_before_it_began(
    ann: Visitor, live: LiveApp, file: Callable[[str, int], Path], tmp_path: Path
) -> None:
    film = file("film.bin", MEGABYTE)
    page = ann.page

    def dawdle(route: Route) -> None:
        page.get_by_role("button", name="Pause: film.bin").click()
        route.continue_()

    page.route("**/api/v1/uploads", dawdle, times=1)
    with page.expect_response("**/api/v1/uploads"):
        page.set_input_files("#upload-files", film)
    page.wait_for_load_state("networkidle")
    page.reload()
    page.get_by_role("button", name="Resume: film.bin").click()
    done(page, "film.bin")
    assert stored(live, "film.bin", tmp_path) == digest(film)


def test_a_file_that_was_changed_meanwhile(
    ann: Visitor, line: Line, live: LiveApp, file: Callable[[str, int], Path]
) -> None:
    film = file("film.bin", 15 * MEGABYTE)
    page = ann.page
    ann.expected_noise = {"ERR_UPLOAD_FILE_CHANGED", "ERR_FAILED"}
    line.be(upload=4 * MEGABYTE)
    page.set_input_files("#upload-files", film)
    until(page, "film.bin", 10)
    page.get_by_role("button", name="Pause: film.bin").click()
    film.write_bytes(b"something else")
    page.get_by_role("button", name="Resume: film.bin").click()
    row(page, "film.bin").get_by_text("Choose it again.").wait_for()
    with page.expect_response(lambda answer: "/api/v1/uploads/" in answer.url):
        page.get_by_role("button", name="Dismiss: film.bin").click()
    page.wait_for_load_state("networkidle")
    with psycopg.connect(live.backend.database_url) as database:
        assert database.execute("select from public.files").rowcount == 0, "its place is free"
    page.reload()
    page.wait_for_load_state("networkidle")
    assert page.locator(".upload").count() == 0


def test_cancelling_leaves_nothing(
    ann: Visitor, line: Line, live: LiveApp, file: Callable[[str, int], Path]
) -> None:
    page = ann.page
    line.be(upload=5 * MEGABYTE)
    page.set_input_files("#upload-files", file("film.bin", 20 * MEGABYTE))
    until(page, "film.bin", 10)
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.get_by_role("button", name="Cancel: film.bin").click()
    row(page, "film.bin").wait_for(state="detached")
    page.wait_for_load_state("networkidle")
    with psycopg.connect(live.backend.database_url) as database:
        for table in (b"public.files", b"storage.objects"):
            assert database.execute(b"select from " + table).rowcount == 0
    page.reload()
    page.wait_for_load_state("networkidle")
    assert page.locator(".upload").count() == 0


def test_what_cannot_be_says_why(
    ann: Visitor, live: LiveApp, file: Callable[[str, int], Path]
) -> None:
    page = ann.page
    ann.expected_statuses = {409, 422}
    page.set_input_files("#upload-files", file("large.bin", 53 * MEGABYTE))
    assert row(page, "large.bin").get_by_text("up to 52 MB").is_visible()
    page.get_by_role("button", name="Dismiss: large.bin").click()
    assert row(page, "large.bin").count() == 0
    with psycopg.connect(live.backend.database_url) as database:
        database.execute(
            "insert into storage.objects (bucket_id, name, metadata)"
            " select 'files', id || '/disk.bin', '{\"size\": 249999000}' from auth.users"
        )
    page.set_input_files("#upload-files", file("small.bin", 2000))
    row(page, "small.bin").get_by_text("There is no room for it.").wait_for()


HOSTILE = {
    "page.html": b"<script>document.title = 'ran'; alert(1)</script>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect/></svg>',
    "picture.png": b"<html><body onload=alert(1)>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_run_nowhere(ann: Visitor, tmp_path: Path, name: str) -> None:
    page = ann.page
    ann.expected_statuses = {
        400,
        404,
    }  # what calls itself a picture and is none has no small version
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss())[0])
    (tmp_path / name).write_bytes(HOSTILE[name])
    page.set_input_files("#upload-files", tmp_path / name)
    done(page, name)
    page.locator("#results").get_by_role("link", name=name, exact=True).click()
    page.wait_for_load_state("networkidle")
    with page.expect_download() as download:
        ann.follow("Download")
    assert download.value.suggested_filename == name
    ann.follow("Share")
    ann.press("Create link")
    link = page.get_by_label("Link", exact=True).input_value()
    bare = link.partition("&download=")[0]
    with page.context.new_page() as other:
        other.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss())[0])
        with contextlib.suppress(Error):  # a download is none for goto()
            other.goto(bare)
        assert other.title() != "ran"
    assert dialogs == []


def test_by_keyboard(ann: Visitor, file: Callable[[str, int], Path]) -> None:
    page = ann.page
    chooser = page.get_by_role("button", name="Choose files")
    with page.expect_file_chooser() as chosen:
        reach(page, chooser)
        page.keyboard.press("Enter")
    chosen.value.set_files(file("a.bin", 300))
    done(page, "a.bin")
    more = page.get_by_label("More: a.bin", exact=True)
    reach(page, more)
    page.keyboard.press("Enter")
    enter(page, "link", "Delete")
    page.get_by_role("button", name="Delete file").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Delete file").wait_for(state="hidden")
    if not page.get_by_role("link", name="Rename").is_visible():
        reach(page, more)
        page.keyboard.press("Enter")
    enter(page, "link", "Rename")
    name = page.get_by_label("Name", exact=True)
    name.wait_for()
    assert name.evaluate("element => element === document.activeElement")
    page.keyboard.press("Control+A")
    page.keyboard.type("b.bin")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="b.bin", exact=True).wait_for()


def test_an_avatar_is_made_small(ann: Visitor, tmp_path: Path) -> None:
    from PIL import Image

    picture = tmp_path / "me.jpg"
    Image.effect_noise((3000, 2000), 80).convert("RGB").save(picture, quality=95)
    assert picture.stat().st_size > 2 * MEGABYTE
    page = ann.page
    page.locator("summary", has_text="Account").click()
    ann.follow("Add a picture")
    page.set_input_files("#picture", picture)
    page.wait_for_function("() => document.getElementById('picture').files[0]?.name === 'picture'")
    ann.press("Save picture")
    face = page.locator("nav img.face").first
    face.wait_for()
    assert face.evaluate("image => image.decode().then(() => image.naturalWidth)") == 256
    ann.press("Remove picture")
    page.locator("nav span.face").first.wait_for()
