"""Which state of the code lies in a folder: asks git, and digests what git does not know."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hipflask.cloudrun.programs import Programs
from hipflask.cloudrun.release import SourceVersion

_SHORT: Final = 12
_LEFT_OUT: Final = frozenset(
    {".git", ".hipflask", ".venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"}
    | {".pytest_cache", "test-results"}
)


def source_version(folder: Path, programs: Programs) -> SourceVersion:
    """Return the commit of the folder; with a digest of its files where they differ from it.

    The same files have the same tag, so that a deploy which goes on after a failure finds the
    image that it has built. Secrets (``.env…``) are left out: no image holds them.
    """
    commit = (_git(folder, programs, "rev-parse", "HEAD") or "").strip()
    if not commit:
        return SourceVersion(tag=f"files-{_digest(_files(folder), folder)}")
    # Said, because a setting of git may leave untracked files out; the image would hold them.
    looked = ("status", "--porcelain", "--untracked-files=normal", "--", ".")
    if _git(folder, programs, *looked) == "":
        return SourceVersion(tag=commit[:_SHORT], commit=commit)
    listed = _git(
        folder, programs, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."
    )
    names = sorted(name for name in (listed or "").split("\0") if name)
    digest = _digest((folder / name for name in names), folder)
    return SourceVersion(tag=f"{commit[:_SHORT]}-dirty-{digest}", commit=commit, is_dirty=True)


def _git(folder: Path, programs: Programs, *arguments: str) -> str | None:
    """Return what git says; ``None`` without git, without a repository or without a commit."""
    try:
        done = programs.run(["git", *arguments], folder=folder)
    except FileNotFoundError:
        return None
    return done.stdout if done.exit_code == 0 else None


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _LEFT_OUT:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _files(path)
        else:
            yield path


def _digest(paths: Iterator[Path], folder: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if path.name.startswith(".env") or not path.is_file():
            continue
        name = path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
        can_run = path.stat().st_mode & 0o100
        digest.update(name + (b"\0x" if can_run else b"\0"))
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_SHORT]
