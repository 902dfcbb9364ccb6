"""What no tracked file may hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = {
    *(".py", ".md", ".toml", ".txt", ".in", ".sh", ".json", ".html", ".css", ".js", ".mjs"),
    *(".sql", ".po", ".pot", ".yml", ".yaml", ".cfg", ".ini", ""),
}

FORBIDDEN = {
    "a registry's host": "|".join(
        re.escape(host)
        for host in ("py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "deb.deb" + "ian")
    ),
    "a path of the machine it was written on": r"(?<![\w.])/(?:root|work|home)/[\w.-]+/[\w./-]+",
    "an unfinished place": r"\bTO" + r"DO\b|\bFIX" + r"ME\b|Not" + r"ImplementedError",
}


def tracked_files() -> list[Path]:
    """Return the text files under version control; skip with a sentence outside a clone."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git clone, so there is no list of tracked files")
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [
        path
        for path in paths
        if path.suffix in TEXT and path.is_file() and "vendor" not in path.parts
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_tracked_file_holds(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = []
    for path in tracked_files():
        text = path.read_text(encoding="utf-8", errors="ignore")
        found += [
            f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()}"
            for match in pattern.finditer(text)
        ]
    assert not found, f"{what}:\n" + "\n".join(found)


def test_no_room_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc"}
    found = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if drawers & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    ]
    assert not found
