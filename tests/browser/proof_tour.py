"""The part of the walk through every page that asks once more who is signed in."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from tests.browser.live_app import LiveApp
from tests.browser.visitor import Visitor

NO_PASSWORD = "No password at hand? Get a code by mail"


def proof_tour(visitor: Visitor, live: LiveApp, email: str) -> Iterator[str]:
    """Ask for the password, and for a mailed code; ends without a password and with a proof."""
    live.backend.clock.advance(minutes=11)
    visitor.goto("/account/data")
    yield "confirm-password"
    visitor.press("Confirm")
    yield "confirm-password-refused"
    visitor.press(NO_PASSWORD)
    visitor.sees("Send another code")
    yield "confirm-code"
    visitor.fill("Six-digit code", "000000")
    visitor.press("Confirm")
    yield "confirm-code-refused"
    visitor.goto("/account/email")
    visitor.fill("New e-mail", "another.rather.long.address.of.ann@example.org")
    visitor.press("Change e-mail")
    yield "step-up-password"
    live.backend.clock.advance(minutes=2)
    visitor.press(NO_PASSWORD)
    visitor.sees("Send another code")
    yield "step-up-code"
    with psycopg.connect(live.backend.database_url) as connection:
        connection.execute("update auth.users set encrypted_password = null")
    visitor.goto("/account/password")
    yield "confirm-mail"
    live.backend.clock.advance(minutes=2)
    visitor.press("Send the code")
    visitor.sees("Send another code")
    visitor.fill("Six-digit code", live.backend.mailbox.latest(to=email).code)
    visitor.press("Confirm")
    yield "account-password-first"
