"""The rules that pages show are the rules that Supabase Auth holds."""

from __future__ import annotations

import tomllib
from pathlib import Path

from app.passwords import SHORTEST

CONFIG = Path(__file__).parents[1] / "supabase" / "config.toml"


def test_shortest_password_is_the_same_in_both_places() -> None:
    auth = tomllib.loads(CONFIG.read_text("utf-8"))["auth"]
    assert auth["minimum_password_length"] == SHORTEST
