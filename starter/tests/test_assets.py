"""What browsers load: all of it ours, none of it stale."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
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


def test_style_sheet_is_what_its_source_says(tmp_path: Path) -> None:
    compiler = shutil.which("tailwindcss", path=str(STARTER / "node_modules" / ".bin"))
    if compiler is None:
        pytest.skip("npm ci has not been run here")
    fresh = tmp_path / "app.css"
    subprocess.run(
        [compiler, "-i", "tailwind/input.css", "-o", str(fresh), "--minify"],
        cwd=STARTER,
        check=True,
        capture_output=True,
    )
    kept = (STATIC / "css" / "app.css").read_text("utf-8")
    assert fresh.read_text("utf-8") == kept, "run `npm run build:css` and commit what it writes"


def test_browsers_keep_what_is_named_by_its_content(visitor: Visitor) -> None:
    css = re.search(r'href="(/static/css/app.css\?v=[^"]+)"', visitor.open("/").html)
    assert css is not None
    with visitor.client.get(css[1]) as answer:
        assert "immutable" in answer.headers["Cache-Control"]
    with visitor.client.get("/static/css/app.css?v=0") as answer:
        assert "immutable" not in answer.headers["Cache-Control"]
