"""The account centre in Chromium: another address, other devices, the download, deletion."""

from __future__ import annotations

import zipfile
from collections.abc import Callable

import psycopg
import pytest

from tests.browser.live_app import LiveApp
from tests.browser.test_journey import EMAIL, confirmed, sign_in
from tests.browser.visitor import Visitor

NEW = "ann@new.example.org"


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def ann(request: pytest.FixtureRequest, live: LiveApp, visit: Callable[..., Visitor]) -> Visitor:
    """Ann, signed in, with and without scripts."""
    ann = visit(live.url, javascript=request.param)
    confirmed(ann, live)
    ann.page.get_by_role("heading", name="No notes yet").wait_for()
    return ann


def test_profile(ann: Visitor) -> None:
    ann.page.locator("header summary", has_text="Account").click()
    ann.follow("Your account")
    assert ann.heading() == "Profile"
    ann.fill("Name", "Ann Example")
    ann.press("Save profile")
    ann.sees("Your profile was saved.")
    assert ann.page.get_by_label("Name", exact=True).input_value() == "Ann Example"


def test_email_is_confirmed_from_both_sides(
    ann: Visitor, live: LiveApp, visit: Callable[..., Visitor]
) -> None:
    ann.goto("/account/email")
    ann.fill("New e-mail", NEW)
    ann.press("Change e-mail")
    ann.sees("waits for its confirmations.")
    elsewhere = visit(live.url)  # the mail is read on another device
    elsewhere.goto(live.backend.mailbox.latest(to=EMAIL).link)
    elsewhere.press("Confirm the change")
    elsewhere.page.get_by_role("heading", name="One more confirmation").wait_for()
    ann.goto(live.backend.mailbox.latest(to=NEW).link)
    ann.press("Confirm the change")
    ann.goto("/account/email")
    ann.sees(NEW)
    sign_in(visit(live.url), NEW)
    assert live.backend.mailbox.latest(to=EMAIL).subject == "Your e-mail address was changed"


def test_another_device_is_signed_out(
    ann: Visitor, live: LiveApp, visit: Callable[..., Visitor]
) -> None:
    lost = visit(live.url)
    sign_in(lost)
    lost.page.get_by_role("heading", name="No notes yet").wait_for()
    ann.goto("/account/sessions")
    assert ann.page.get_by_role("main").get_by_text("Chrome").count() == 2
    ann.page.get_by_role("main").get_by_role("button", name="Sign out: Chrome").click()
    ann.sees("The device is signed out.")
    lost.goto("/account")
    assert lost.path == "/login"
    ann.goto("/account/activity")
    ann.sees("A device was signed out")


def test_the_download_opens(ann: Visitor) -> None:
    ann.goto("/account/data")
    with ann.page.expect_download() as download:
        ann.press("Download your data")
    assert download.value.suggested_filename == "my-data.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert EMAIL in archive.read("profile.json").decode()
    # The page stays usable: nothing waits for an answer that was a file.
    with ann.page.expect_download():
        ann.press("Download your data")


def test_deletion_is_undone(ann: Visitor, live: LiveApp, visit: Callable[..., Visitor]) -> None:
    ann.goto("/account/delete")
    ann.fill("Your e-mail address", EMAIL)
    ann.press("Delete my account")
    ann.sees("Your account and everything in it is deleted on")
    elsewhere = visit(live.url)
    sign_in(elsewhere)
    elsewhere.sees("Your account is deleted on")
    elsewhere.press("Keep my account")
    elsewhere.sees("Your account stays. Nothing was deleted.")
    ann.goto("/dashboard")
    assert ann.page.get_by_text("Your account is deleted on").count() == 0


@pytest.mark.parametrize("javascript", [True, False])
def test_without_a_password_a_mailed_code_opens_the_way(
    live: LiveApp, visit: Callable[..., Visitor], javascript: bool
) -> None:
    live.backend.create_user(EMAIL)
    with psycopg.connect(live.backend.database_url) as connection:
        connection.execute("update auth.users set encrypted_password = null")
    bob = visit(live.url, javascript=javascript)
    bob.expected_statuses.add(403)
    bob.goto("/account/delete")
    bob.follow("Sign in by e-mail")
    bob.fill("E-mail", EMAIL)
    bob.press("Send the mail")
    bob.goto(live.backend.mailbox.latest(to=EMAIL).link)
    bob.press("Sign in")
    assert bob.path == "/account/delete"
    live.backend.clock.advance(minutes=11)
    bob.fill("Your e-mail address", EMAIL)
    bob.press("Delete my account")
    assert bob.heading() == "Confirm that it is you"
    bob.press("Send the code")
    bob.sees("Send another code")
    bob.fill("Six-digit code", live.backend.mailbox.latest(to=EMAIL).code)
    bob.page.keyboard.press("Enter")
    bob.sees("Your account and everything in it is deleted on")
