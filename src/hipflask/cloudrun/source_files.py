"""Which state of the code lies in a folder: asks git, and digests what git does not know."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from hipflask.cloudrun.programs import Programs
from hipflask.cloudrun.release import SourceVersion

_SHORT: Final = 12
_LEFT_OUT: Final = frozenset(
    {".git", ".hipflask", ".venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"}
    | {".pytest_cache", "test-results"}
)


def source_version(folder: Path, programs: Programs, also: Sequence[Path] = ()) -> SourceVersion:
    """Return the commit of the folder; with a digest of its files where they differ from it.

    The same files have the same tag, so that a deploy which goes on after a failure finds the
    image that it has built. Secrets (``.env…``) are left out: no image holds them. ``also`` names
    files and folders elsewhere that go into the image, too.
    """
    commit = (_git(folder, programs, "rev-parse", "HEAD") or "").strip()
    if not commit:
        files = (file for path in (folder, *also) for file in _files(path))
        return SourceVersion(tag=f"files-{_digest(files, folder)}")
    # Said, because a setting of git may leave untracked files out; the image would hold them.
    paths = (".", *(str(path) for path in also))
    looked = ("status", "--porcelain", "--untracked-files=normal", "--", *paths)
    if _git(folder, programs, *looked) == "":
        return SourceVersion(tag=commit[:_SHORT], commit=commit)
    known = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths)
    listed = _git(folder, programs, *known)
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
    if folder.is_file():
        yield folder
        return
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
        name = Path(os.path.relpath(path, folder)).as_posix().encode("utf-8", "surrogateescape")
        can_run = path.stat().st_mode & 0o100
        digest.update(name + (b"\0x" if can_run else b"\0"))
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:_SHORT]
