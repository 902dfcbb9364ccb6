"""What browsers load: all of it ours, none of it stale."""

from __future__ import annotations

import re
from pathlib import Path

from visitor import Visitor

STARTER = Path(__file__).parents[1]
STATIC = STARTER / "app" / "static"


def test_every_file_of_a_page_is_there(visitor: Visitor) -> None:
    page = visitor.open("/")
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.html)
    assert len(addresses) > 5
    for address in addresses:
        with visitor.client.get(address) as answer:
            assert answer.status_code == 200, address


def test_style_sheet_names_no_other_host() -> None:
    css = (STATIC / "css" / "app.css").read_text("utf-8")
    assert not re.search(r"url\([\"']?(?:https?:)?//", css)
    for font in re.findall(r"url\(\.\./(fonts/[^)]+)\)", css):
        assert (STATIC / font).is_file()


def test_the_icon_is_where_browsers_ask_for_it(visitor: Visitor) -> None:
    with visitor.client.get("/favicon.ico") as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("image/")


def test_style_sheet_has_the_classes_of_the_templates() -> None:
    css = (STATIC / "css" / "app.css").read_text("utf-8")
    for name in ("btn-primary", "input", "notice-bad", "nav-bar", "rows", "sr-only"):
        assert f".{name}" in css, "run `npm run build:css`"


def test_browsers_keep_what_is_named_by_its_content(visitor: Visitor) -> None:
    css = re.search(r'href="(/static/css/app.css\?v=[^"]+)"', visitor.open("/").html)
    assert css is not None
    with visitor.client.get(css[1]) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
    with visitor.client.get("/static/css/app.css?v=0") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]
