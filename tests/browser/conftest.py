"""Real Chromium in front of the starter and a backend of its own."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from hipflask.testing.factory import BackendFactory
from tests.browser.live_app import LiveApp, live_app
from tests.browser.visitor import Visitor

JS = Path(__file__).parent / "js"


@pytest.fixture(scope="session")
def axe() -> None:
    """Axe, installed from the lock file beside these tests."""
    if (JS / "node_modules/axe-core").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: axe cannot be had")
    outcome = subprocess.run(
        [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=JS,
        capture_output=True,
        text=True,
        timeout=300,
    )
    if outcome.returncode != 0:
        pytest.skip(f"npm could not install axe: {outcome.stderr[-300:]}")


@pytest.fixture
def live(supabase_factory: BackendFactory) -> Iterator[LiveApp]:
    """The starter with the settings of its own config.toml."""
    with live_app(supabase_factory) as running:
        yield running


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors; at the end none may have met a problem."""
    visitors: list[Visitor] = []

    def arrive(url: str, **kind: Any) -> Visitor:
        visitors.append(Visitor(chromium, url, **kind))
        return visitors[-1]

    yield arrive
    for visitor in visitors:
        visitor.close()
    assert [visitor.problems for visitor in visitors if visitor.problems] == []
