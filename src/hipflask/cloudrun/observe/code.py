"""Asks git how the folder differs from the commit that serves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hipflask.cloudrun.doctor.facts import Code, Unseen
from hipflask.cloudrun.programs import Programs
from hipflask.cloudrun.source_files import source_version


def find_code(
    folder: Path, programs: Programs, serving: str, also: Sequence[Path] = ()
) -> Code | Unseen:
    """Return the commit of the folder, and its distance to another one; empty for none."""
    source = source_version(folder, programs, also)
    if not source.commit:
        return Unseen("the commit: the folder is in no git repository, or in one without a commit")
    behind, beyond = _distance(folder, programs, serving, also) if serving else (None, None)
    return Code(source.commit, source.is_dirty, behind, beyond)


def _distance(
    folder: Path, programs: Programs, serving: str, also: Sequence[Path]
) -> tuple[int | None, int | None]:
    """Return how many commits of this folder HEAD has and the other lacks, and the reverse."""
    counted = ["rev-list", "--count", "--left-right", f"{serving}...HEAD", "--", "."]
    counted += [str(path) for path in also]
    done = programs.run(["git", *counted], folder=folder)
    if done.exit_code:
        return None, None
    beyond, behind = done.stdout.split()
    return int(behind), int(beyond)
