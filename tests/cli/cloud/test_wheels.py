"""What goes into an image besides the project's own folder."""

from __future__ import annotations

from pathlib import Path

from hipflask.cli.cloud.wheels import wheel_sources
from hipflask.scaffold.source import clone_folder, starter_folder


def test_image_of_the_clones_starter_is_made_of_its_source_too() -> None:
    clone = clone_folder()
    assert clone is not None
    assert wheel_sources(starter_folder()) == (clone / "src", clone / "pyproject.toml")


def test_image_of_a_project_is_made_of_the_project(tmp_path: Path) -> None:
    assert wheel_sources(tmp_path) == ()
