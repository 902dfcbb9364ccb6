"""Hipflask's own wheel beside the project, which the image installs: no index has to have it."""

from __future__ import annotations

from pathlib import Path

from hipflask.cli.terminal import Terminal
from hipflask.scaffold.source import clone_folder, starter_folder
from hipflask.scaffold.wheel import write_wheel


def provide_wheel(terminal: Terminal, root: Path) -> None:
    """Write the wheel into ``wheels/`` where the image would lack it.

    A project of `hipflask new` has one. The starter of a clone gets a fresh one each time, because
    its source may have changed; another project gets one when it has none.
    """
    wheels = root / "wheels"
    if not wheel_sources(root) and (any(wheels.glob("*.whl")) or not _wants_hipflask(root)):
        return
    for old in wheels.glob("hipflask-*.whl"):
        old.unlink()
    wheel = write_wheel(wheels, clone_folder())
    terminal.step(f"Wrote {wheel.relative_to(root)}")


def wheel_sources(root: Path) -> tuple[Path, ...]:
    """Return what else the image of a clone's starter is made of: Hipflask, as it lies there."""
    clone = clone_folder()
    if clone is None or root.resolve() != starter_folder().resolve():
        return ()
    return (clone / "src", clone / "pyproject.toml")


def _wants_hipflask(root: Path) -> bool:
    requirements = root / "requirements.txt"
    return requirements.is_file() and "hipflask" in requirements.read_text(encoding="utf-8")
