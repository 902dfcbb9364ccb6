"""Rules of the programs on this machine. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.doctor.facts import Facts
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity

_AT_GOOGLE: Final = "Or let Google build it: hipflask cloud deploy --builder cloudbuild"


def check_gcloud(facts: Facts) -> Iterator[Said]:
    """Without gcloud nothing reaches Google."""
    if facts.tools.gcloud:
        yield f"gcloud {facts.tools.gcloud}"
        return
    yield Symptom(
        "gcloud-missing",
        Severity.ERROR,
        "",
        "gcloud is not installed, or not on the path.",
        "Hipflask talks to Google Cloud through the Google Cloud CLI alone.",
        "Install it: https://cloud.google.com/sdk/docs/install",
    )


def check_builder(facts: Facts) -> Iterator[Said]:
    """Docker or buildah makes the image, or Cloud Build does."""
    tools = facts.tools
    if tools.docker and tools.docker_answers:
        yield f"docker {tools.docker}"
    if tools.buildah:
        yield f"buildah {tools.buildah}"
    if tools.docker and not tools.docker_answers:
        other = "Or use what is here: --builder buildah" if tools.buildah else _AT_GOOGLE
        yield Symptom(
            "builder-asleep",
            Severity.WARNING,
            "",
            "docker is installed, but its engine does not answer.",
            "A deploy builds the image with docker unless it is told otherwise.",
            f"Start Docker. {other}",
        )
    elif not tools.docker and not tools.buildah:
        yield Symptom(
            "builder-missing",
            Severity.WARNING,
            "",
            "Neither docker nor buildah is installed.",
            "A deploy builds the image on this machine unless it is told otherwise.",
            f"Install Docker: https://docs.docker.com/get-docker/. {_AT_GOOGLE}",
        )


def check_git(facts: Facts) -> Iterator[Said]:
    """The commit names the image."""
    if facts.tools.git:
        yield f"git {facts.tools.git}"
        return
    yield Symptom(
        "git-missing",
        Severity.NOTE,
        "",
        "git is not installed, or not on the path.",
        "An image is named after a digest of the files then, and nobody can tell which state of the"
        " code serves.",
        "Install it: https://git-scm.com/downloads",
    )


RULES: Final = (check_gcloud, check_builder, check_git)
