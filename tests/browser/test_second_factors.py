"""Second factors, recovery codes and passkeys in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.authenticator import Authenticator
from tests.browser.live_app import LiveApp
from tests.browser.visitor import Visitor

EMAIL, PASSWORD = "ann@example.com", "correct horse 1"


def sign_in(visitor: Visitor) -> None:
    """Fill in the form for a session."""
    visitor.goto("/login")
    visitor.fill("E-mail", EMAIL)
    visitor.fill("Password", PASSWORD)
    visitor.press("Sign in")


def enroll(visitor: Visitor, live: LiveApp) -> Authenticator:
    """Add an authenticator app by typing its key."""
    visitor.goto("/account/security")
    visitor.press("Add an authenticator app")
    if visitor.path == "/account/security":
        pytest.skip("Supabase Auth here has no authenticator apps")
    picture = visitor.page.get_by_role("img", name=visitor._("QR code with the key below"))
    assert picture.evaluate("it => it.complete && it.naturalWidth > 0")
    phone = Authenticator(live.backend, visitor.page.locator("#key").input_value())
    visitor.fill("Six-digit code", phone.code())
    visitor.press("Switch on")
    return phone


def add_authenticator(visitor: Visitor, live: LiveApp) -> tuple[Authenticator, list[str]]:
    """Add the first authenticator app; return it and the recovery codes."""
    phone = enroll(visitor, live)
    assert visitor.heading() == visitor._("Keep your recovery codes")
    return phone, visitor.page.locator("#codes").input_value().split()


def is_fine(visitor: Visitor) -> None:
    """Check that everybody can use the page: by eye, by keyboard, on the smallest phone."""
    assert visitor.violations() == []
    assert not visitor.scrolls_sideways()
    assert visitor.overflowing_buttons() == []


@pytest.mark.parametrize(
    ("language", "javascript"), [("en", True), ("zh-Hans", True), ("en", False)]
)
def test_authenticator_journey(
    live: LiveApp, visit: Callable[..., Visitor], language: str, javascript: bool
) -> None:
    live.backend.create_user(EMAIL, password=PASSWORD)
    ann = visit(live.url, language=language, javascript=javascript)
    sign_in(ann)
    phone, codes = add_authenticator(ann, live)
    assert len(codes) == 10
    ann.follow("I have kept them")
    assert ann.page.get_by_text(codes[0]).count() == 0

    later = visit(live.url, language=language, javascript=javascript)
    later.expected_statuses.add(422)
    later.goto("/files")
    later.fill("E-mail", EMAIL)
    later.fill("Password", PASSWORD)
    later.press("Sign in")
    assert later.path == "/login/second-factor"
    later.fill("Six-digit code", "000000")
    later.press("Confirm")
    assert later.page.get_by_role("alert").is_visible()
    later.fill("Six-digit code", phone.code())
    later.press("Confirm")
    assert later.path == "/files"


def test_the_device_is_lost(live: LiveApp, visit: Callable[..., Visitor]) -> None:
    live.backend.create_user(EMAIL, password=PASSWORD)
    ann = visit(live.url)
    sign_in(ann)
    old_phone, codes = add_authenticator(ann, live)
    ann.goto("/dashboard")
    assert ann.path == "/dashboard"

    borrowed = visit(live.url)
    sign_in(borrowed)
    borrowed.follow("Device lost? Use a recovery code")
    borrowed.fill("Recovery code", codes[7])
    borrowed.press("Sign in")
    assert borrowed.path == "/account/security"
    assert borrowed.sees("You are signed in. The lost authenticator is removed: add a new one.")
    assert borrowed.page.get_by_role("button", name="Add an authenticator app").is_visible()

    ann.goto("/dashboard")
    assert ann.path == "/login", "whoever has the lost device is signed out"

    new_phone = enroll(borrowed, live)
    assert borrowed.sees("You have 9 unused codes for the day your device is lost.")
    third = visit(live.url)
    third.expected_statuses.add(422)
    sign_in(third)
    assert third.path == "/login/second-factor"
    third.fill("Six-digit code", old_phone.code())
    third.press("Confirm")
    assert third.page.get_by_role("alert").is_visible()
    third.follow("Device lost? Use a recovery code")
    third.fill("Recovery code", codes[7])
    third.press("Sign in")
    assert third.page.get_by_role("alert").is_visible(), "a code works once"
    third.follow("Back to the authenticator code")
    third.fill("Six-digit code", new_phone.code())
    third.press("Confirm")
    assert third.path == "/dashboard"
    third.goto("/account/activity")
    for told in (
        "A sign-in stopped at a wrong code of the authenticator app",
        "A sign-in stopped at a wrong recovery code",
        "A recovery code removed the lost authenticator",
    ):
        assert third.sees(told)


def test_what_was_typed_survives_the_proof(live: LiveApp, visit: Callable[..., Visitor]) -> None:
    live.backend.create_user(EMAIL, password=PASSWORD)
    ann = visit(live.url)
    ann.expected_statuses.add(403)
    sign_in(ann)
    phone, _ = add_authenticator(ann, live)
    live.backend.clock.advance(minutes=11)
    ann.goto("/account/security")
    ann.press("Make new codes")
    assert ann.heading() == "Confirm that it is you"
    ann.fill("Six-digit code", phone.code())
    ann.press("Confirm and go on")
    assert ann.heading() == "Keep your recovery codes"


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize(
    ("language", "theme", "size"), [("en", "light", "desktop"), ("zh-Hans", "dark", "small")]
)
def test_the_pages_are_fine(
    live: LiveApp, visit: Callable[..., Visitor], language: str, theme: str, size: str
) -> None:
    live.backend.create_user(EMAIL, password=PASSWORD)
    ann = visit(live.url, language=language, theme=theme, size=size)
    sign_in(ann)
    for path in ("/account/security", "/login/confirm", "/account/security/passkeys/new"):
        ann.goto(path)
        is_fine(ann)
    add_authenticator(ann, live)
    is_fine(ann)
    ann.follow("I have kept them")
    is_fine(ann)
    later = visit(live.url, language=language, theme=theme, size=size)
    sign_in(later)
    is_fine(later)
    later.follow("Device lost? Use a recovery code")
    is_fine(later)


def with_authenticator(visitor: Visitor) -> Any:
    """Give the browser a virtual authenticator, such as a laptop's fingerprint reader."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True}
    options["automaticPresenceSimulation"] = True
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session


def by_name(live: LiveApp) -> str:
    """Return the app's address with a name in it, where passkeys work."""
    return live.url.replace("127.0.0.1", "localhost")


def needs_passkeys(live: LiveApp) -> None:
    """Skip where Supabase Auth has none."""
    with live.app.test_request_context():
        if not live.app.extensions["hipflask"].auth.passkeys.enabled:
            pytest.skip("Supabase Auth here has no passkeys")


def test_passkey_journey(live: LiveApp, visit: Callable[..., Visitor]) -> None:
    needs_passkeys(live)
    live.backend.create_user(EMAIL, password=PASSWORD)
    ann = visit(by_name(live))
    with_authenticator(ann)
    sign_in(ann)
    ann.goto("/account/security")
    ann.follow("Add a passkey")
    ann.fill("Name", "Work laptop")
    ann.press("Create a passkey")
    assert ann.sees("The passkey is added. It signs you in without your password.")
    expect(ann.page.locator("li").get_by_label("Name")).to_have_value("Work laptop")

    ann.page.locator("summary", has_text="Account").first.click()
    ann.press("Sign out")
    ann.page.wait_for_url("**/login**")
    ann.goto("/files")
    ann.press("Sign in with a passkey")
    ann.page.wait_for_url("**/files")

    ann.goto("/account/security")
    ann.follow("Remove: Work laptop")
    ann.press("Remove passkey")
    assert ann.sees("The passkey is removed.")
    ann.goto("/account/security")
    assert ann.page.get_by_text("Work laptop").count() == 0


def test_a_removed_passkey_opens_nothing(live: LiveApp, visit: Callable[..., Visitor]) -> None:
    needs_passkeys(live)
    live.backend.create_user(EMAIL, password=PASSWORD)
    ann = visit(by_name(live))
    with_authenticator(ann)
    sign_in(ann)
    ann.goto("/account/security/passkeys/new")
    ann.press("Create a passkey")
    assert ann.sees("The passkey is added. It signs you in without your password.")
    ann.page.get_by_role("link", name="Remove").click()
    ann.press("Remove passkey")
    ann.page.locator("summary", has_text="Account").first.click()
    ann.press("Sign out")
    ann.page.wait_for_url("**/login**")
    ann.press("Sign in with a passkey")
    assert ann.sees("This passkey was not accepted. Try again, or use your password.")
    assert ann.path == "/login"


def test_without_a_passkey_the_page_says_so(live: LiveApp, visit: Callable[..., Visitor]) -> None:
    needs_passkeys(live)
    ann = visit(by_name(live))
    with_authenticator(ann)
    ann.goto("/login")
    ann.press("Sign in with a passkey")
    assert ann.sees("Nothing was done: the window was closed, or no passkey fits.")


def test_at_a_number_the_page_names_the_other_address(
    live: LiveApp, visit: Callable[..., Visitor]
) -> None:
    needs_passkeys(live)
    live.backend.create_user(EMAIL, password=PASSWORD)
    ann = visit(live.url)
    ann.goto("/login")
    assert ann.page.get_by_role("button", name="Sign in with a passkey").is_hidden()
    sign_in(ann)
    ann.goto("/account/security")
    assert ann.page.get_by_role("link", name=f"Open the site at {by_name(live)}").is_visible()


def test_without_scripts_there_is_no_passkey_button(
    live: LiveApp, visit: Callable[..., Visitor]
) -> None:
    ann = visit(live.url, javascript=False)
    ann.goto("/login")
    assert ann.page.get_by_role("button", name="Sign in with a passkey").is_hidden()
    assert ann.page.get_by_role("button", name="Sign in", exact=True).is_visible()
