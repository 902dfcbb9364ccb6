"""Rules of the code: which commit serves, compared with the one that is here. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.doctor.facts import Code, Facts, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.service import service_in
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity
from hipflask.cloudrun.release import COMMIT_LABEL

_DEPLOY: Final = "Bring it: hipflask cloud deploy"


def check_image(facts: Facts) -> Iterator[Said]:
    """Visitors get the commit that is here."""
    found = service_in(facts)
    if found is None or found[0].serving is None or not isinstance(facts.code, Code):
        return
    code, serving = facts.code, found[0].serving
    commit = serving.labels.get(COMMIT_LABEL, "")
    if not commit:
        yield Unseen(f"the commit that serves: {found[1].serving} has no label {COMMIT_LABEL}")
    elif code.behind is None:
        yield Symptom(
            "image-other",
            Severity.WARNING,
            "",
            f"The commit that serves, {commit}, is not in this repository.",
            "Somebody deployed from elsewhere, or the history was rewritten; a deploy from here"
            " would take their changes away.",
            f"Look for it first: git fetch --all, git log {commit}",
        )
    elif code.beyond:
        yield Symptom(
            "image-other",
            Severity.WARNING,
            "",
            f"The commit that serves, {commit}, holds {_commits(code.beyond)} that"
            f" {code.head[:7]} lacks.",
            "A deploy from here would take them away.",
            f"Bring them here first: git merge {commit}",
        )
    elif code.behind:
        yield Symptom(
            "image-older",
            Severity.WARNING,
            "",
            f"The image that serves is {_commits(code.behind)} older than {code.head[:7]}: it holds"
            f" {commit}.",
            "Visitors do not get what was committed since.",
            _DEPLOY,
        )
    else:
        yield f"the commit {code.head[:7]} serves"


def check_image_files(facts: Facts) -> Iterator[Said]:
    """What serves is a commit and nothing else."""
    found = service_in(facts)
    if found is None or found[0].serving is None:
        return
    # No colon after the last slash: an image that is named by its digest has no tag.
    tag = found[0].serving.image.rpartition("/")[2].partition(":")[2]
    if "-dirty-" in tag or tag.startswith("files-"):
        yield Symptom(
            "image-uncommitted",
            Severity.NOTE,
            "",
            f"The image that serves, {tag}, was built from files that are in no commit.",
            "Nobody can build it again, or see what differs in it.",
            f"Commit the files. {_DEPLOY}",
        )


def _commits(count: int) -> str:
    return "one commit" if count == 1 else f"{count} commits"


RULES: Final = (check_image, check_image_files)
