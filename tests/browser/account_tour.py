"""The account centre's part of the walk through every page."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg

from tests.browser.live_app import LiveApp
from tests.browser.visitor import Visitor


def account_tour(visitor: Visitor, live: LiveApp, email: str, password: str) -> Iterator[str]:
    """Go through each section and the states that it can be in; ends as it began."""
    page, _ = visitor.page, visitor._
    visitor.goto("/account")
    yield "account"
    menu = page.locator("main summary")
    if menu.is_visible():
        menu.click()
        yield "account-sections"
    page.get_by_label(_("Name"), exact=True).fill("x" * 101)
    page.evaluate("document.querySelector('#name').removeAttribute('maxlength')")
    visitor.fill("Name", "x" * 101)
    visitor.press("Save profile")
    yield "account-errors"
    visitor.fill("Name", "Ann with a rather long name " * 3)
    visitor.press("Save profile")
    yield "account-saved"
    visitor.goto("/account/email")
    yield "account-email"
    visitor.press("Change e-mail")
    yield "account-email-errors"
    visitor.fill("New e-mail", "another.rather.long.address.of.ann@example.org")
    visitor.press("Change e-mail")
    visitor.sees("Send both mails again")
    yield "account-email-waiting"
    visitor.goto("/account/password")
    yield "account-password"
    visitor.fill("Your present password", password)
    visitor.fill("New password", "short")
    visitor.press("Change password")
    yield "account-password-errors"
    visitor.goto("/account/identities")
    yield "account-identities"
    _link_github(live)
    visitor.goto("/account/identities")
    yield "account-identities-two"
    visitor.goto("/account/sessions")
    yield "account-session"
    _sign_in_elsewhere(live)
    visitor.goto("/account/sessions")
    yield "account-sessions-list"
    visitor.press("Sign out all other devices")
    yield "account-sessions-ended"
    visitor.goto("/account/activity")
    yield "account-activity"
    visitor.goto("/account/activity?before=1")
    yield "account-activity-empty"
    visitor.goto("/account/data")
    yield "account-data"
    visitor.goto("/account/delete")
    yield "account-delete"
    visitor.press("Delete my account")
    yield "account-delete-errors"
    visitor.fill("Your e-mail address", email)
    visitor.press("Delete my account")
    visitor.sees("Keep my account")
    yield "account-deleted"
    visitor.goto("/dashboard")
    yield "account-banner"
    visitor.press("Keep my account")
    yield "account-kept"
    visitor.goto("/account/undo-deletion")
    yield "account-undo"
    visitor.press("Keep my account")
    yield "account-nothing-to-undo"


def _link_github(live: LiveApp) -> None:
    with psycopg.connect(live.backend.database_url) as connection:
        connection.execute(
            "insert into auth.identities (id, provider_id, user_id, identity_data, provider,"
            " created_at, updated_at) select gen_random_uuid(), '42', id,"
            ' \'{"sub": "42", "email": "ann@github.example"}\', \'github\', now(), now()'
            " from auth.users"
        )


def _sign_in_elsewhere(live: LiveApp) -> None:
    """Write two sessions of other browsers; nobody opens them."""
    with psycopg.connect(live.backend.database_url) as connection:
        connection.execute(
            "insert into hipflask.sessions (id_hash, user_id, tokens, key_id, access_expires_at,"
            " user_agent, address, created_at, last_seen_at, refreshed_at, expires_at)"
            " select sha256(agent::bytea), id, 'x', 'x', now(), agent,"
            " '2001:db8:85a3:8d3:1319:8a2e:370:7348', now() - interval '3 days',"
            " now() - interval '2 hours', now(), now() + interval '9 days' from auth.users,"
            " (values ('Mozilla/5.0 (iPhone) Version/18.5 Mobile/15E148 Safari/604.1'),"
            " ('something nobody knows')) as other (agent)"
        )
