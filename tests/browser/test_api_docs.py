"""The page of the REST API: swagger-ui under the strict Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.live_app import LiveApp
from tests.browser.test_journey import EMAIL, PASSWORD, sign_in
from tests.browser.visitor import Visitor


@pytest.fixture
def ann(live: LiveApp, visit: Callable[..., Visitor]) -> Visitor:
    """Ann, signed in."""
    live.backend.create_user(EMAIL, password=PASSWORD)
    ann = visit(live.url)
    sign_in(ann)
    return ann


def test_it_is_read_without_signing_in(live: LiveApp, visit: Callable[..., Visitor]) -> None:
    reader = visit(live.url)
    reader.goto("/api/docs")
    expect(reader.page.get_by_text("/api/v1/notes", exact=True).first).to_be_visible()


def test_the_signed_in_try_it(ann: Visitor) -> None:
    ann.goto("/api/docs")
    notes = ann.page.locator("#operations-notes-notes_create")
    notes.get_by_role("button").first.click()
    notes.get_by_role("button", name="Try it out").click()
    notes.get_by_role("textbox").last.fill('{"title": "By the API"}')
    notes.get_by_role("button", name="Execute").click()
    expect(notes.locator(".live-responses-table .response .response-col_status")).to_contain_text(
        "201"
    )
    ann.goto("/dashboard")
    expect(ann.page.get_by_text("By the API")).to_be_visible()
