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
    clone = clone_folder()
    is_starter = clone is not None and root.resolve() == starter_folder().resolve()
    if not is_starter and (any(wheels.glob("*.whl")) or not _wants_hipflask(root)):
        return
    for old in wheels.glob("hipflask-*.whl"):
        old.unlink()
    wheel = write_wheel(wheels, clone)
    terminal.step(f"Wrote {wheel.relative_to(root)}")


def _wants_hipflask(root: Path) -> bool:
    requirements = root / "requirements.txt"
    return requirements.is_file() and "hipflask" in requirements.read_text(encoding="utf-8")
