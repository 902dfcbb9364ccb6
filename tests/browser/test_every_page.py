"""Every page in every state: no accessibility fault, nothing wider than its place, no noise.

With HIPFLASK_SCREENSHOTS naming a folder, each state is kept there as a picture to look at.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.live_app import LiveApp
from tests.browser.tour import tour
from tests.browser.visitor import Visitor

KINDS = [
    ("en", "light", "desktop"),
    ("en", "dark", "phone"),
    ("zh-Hans", "dark", "desktop"),
    ("zh-Hans", "light", "phone"),
    ("en", "light", "small"),
]


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize(("language", "theme", "size"), KINDS)
def test_every_page(
    live: LiveApp, visit: Callable[..., Visitor], language: str, theme: str, size: str
) -> None:
    visitor = visit(live.url, language=language, theme=theme, size=size)
    faults: dict[str, object] = {}
    pictures = os.environ.get("HIPFLASK_SCREENSHOTS")
    for name in tour(visitor, live):
        if pictures:
            folder = Path(pictures, f"{language}-{theme}-{size}")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(visitor.page.screenshot(full_page=True))
        if found := visitor.violations():
            faults[name] = found
        if visitor.scrolls_sideways():
            faults[f"{name} scrolls sideways"] = visitor.page.url
        if texts := visitor.overflowing_buttons():
            faults[f"{name} has buttons that are too small"] = texts
    assert faults == {}
