"""Where the starter is copied from, and what of it is copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hipflask.errors import ConfigError

HERE = Path(__file__).resolve().parent

# What running or testing the starter leaves behind, and what belongs to the clone alone.
LEFT_OUT = {
    ".hipflask",
    ".venv",
    ".env",
    ".git",
    ".keep",
    ".DS_Store",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".temp",
    "__pycache__",
    "node_modules",
    "test-results",
}


def starter_folder() -> Path:
    """Return the starter: beside us in an installed package, at the top of a clone."""
    for folder in (HERE / "starter", HERE.parents[2] / "starter"):
        if (folder / "supabase" / "config.toml").is_file():
            return folder
    raise ConfigError(
        "The starter is missing from this installation of Hipflask.",
        hint="Install Hipflask again.",
    )


def clone_folder() -> Path | None:
    """Return the top of the clone that this package runs from, or ``None`` when installed."""
    top = HERE.parents[2]
    return top if (top / "pyproject.toml").is_file() and (top / "starter").is_dir() else None


def files_to_copy(folder: Path) -> Iterator[Path]:
    """Yield the starter's files, relative to it."""
    for path in sorted(folder.iterdir()):
        # A wheel was made for the clone's own image; the project gets a fresh one.
        if path.name in LEFT_OUT or path.suffix in (".pyc", ".whl"):
            continue
        if path.is_dir():
            yield from (path.relative_to(folder) / below for below in files_to_copy(path))
        else:
            yield path.relative_to(folder)
