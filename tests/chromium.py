"""Real Chromium, for the tests of pages and of the official client inside a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

QUIET = [
    *("--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@pytest.fixture(scope="session")
def playwright_driver() -> Iterator[Playwright]:
    """Playwright's own process, once a run."""
    from playwright.sync_api import sync_playwright  # deferred: most runs open no browser

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright_driver: Playwright) -> Iterator[Browser]:
    """The machine's own Chromium, or the one that HIPFLASK_CHROMIUM names."""
    path = os.environ.get("HIPFLASK_CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None:
        pytest.skip("Chromium is not installed; install it or set HIPFLASK_CHROMIUM to its path")
    browser = playwright_driver.chromium.launch(executable_path=path, args=QUIET)
    yield browser
    browser.close()
