"""A walk through every page of the starter and the states that it can be in."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from tests.browser.account_tour import account_tour
from tests.browser.files_tour import LONG, files_tour
from tests.browser.live_app import LiveApp
from tests.browser.proof_tour import proof_tour
from tests.browser.visitor import Visitor

EMAIL, PASSWORD = "ann.with.a.rather.long.address@example.com", "correct horse 1"


def tour(visitor: Visitor, live: LiveApp) -> Iterator[str]:
    """Go from state to state; each name that comes out is a page to look at."""
    visitor.expected_statuses |= {400, 401, 403, 404, 410, 422}
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
    yield from files_tour(visitor, live)
    yield from account_tour(visitor, live, EMAIL, PASSWORD)
    yield from proof_tour(visitor, live, EMAIL)
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
