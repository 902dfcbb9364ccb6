"""The commands that build an image and bring it into Artifact Registry, by builder. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from hipflask.cloudrun.command import Command, gcloud
from hipflask.errors import DeployError

# Cloud Run runs nothing else, and a Mac with Apple's processors would build for its own.
PLATFORM = "linux/amd64"


class Builder(enum.Enum):
    """What builds the image."""

    DOCKER = "docker"
    BUILDAH = "buildah"
    CLOUDBUILD = "cloudbuild"

    @property
    def is_local(self) -> bool:
        """Whether it builds on this machine and pushes from here."""
        return self is not Builder.CLOUDBUILD


def build_command(
    builder: Builder, image: str, project: str, build_args: Mapping[str, str]
) -> Command:
    """Return the command that builds the folder it is run in. Cloud Build pushes, too.

    Raises DeployError for build arguments that the builder does not take.
    """
    if builder is Builder.CLOUDBUILD:
        if build_args:
            raise DeployError(
                f"Cloud Build takes no build arguments here, but {', '.join(build_args)} is given.",
                hint="Write them into the Dockerfile's ARG lines, or use --builder docker.",
            )
        return gcloud("builds", "submit", ".", tag=image, project=project, suppress_logs=True)
    words = {Builder.DOCKER: ("docker", "build"), Builder.BUILDAH: ("buildah", "build")}[builder]
    arguments = [f"--build-arg={name}={value}" for name, value in build_args.items()]
    return Command((*words, f"--platform={PLATFORM}", f"--tag={image}", *arguments, "."))


def push_command(builder: Builder, image: str) -> Command | None:
    """Return the command that pushes what was built here; ``None`` where the build pushed."""
    return Command((builder.value, "push", image)) if builder.is_local else None
