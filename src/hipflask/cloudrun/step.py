"""A step of a deploy, and the plan that holds them in order. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hipflask.cloudrun.command import Command
from hipflask.cloudrun.release import Release


class StepName(enum.Enum):
    """The steps, in their order."""

    SERVICES = "services"
    REPOSITORY = "repository"
    DOCKER_AUTH = "docker-auth"
    SECRETS = "secrets"
    ACCOUNT = "account"
    BUILD = "build"
    PUSH = "push"
    MIGRATIONS = "migrations"
    REVISION = "revision"
    ACCESS = "access"
    SMOKE = "smoke"
    TRAFFIC = "traffic"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done, or is in place already.

    A step without commands is done by Hipflask itself: migrations, smoke test, verification.
    """

    name: StepName
    title: str
    commands: tuple[Command, ...] = ()
    in_place: bool = False
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "step": self.name.value,
            "title": self.title,
            "in_place": self.in_place,
            "commands": [command.text for command in self.commands],
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a deploy will do, in order."""

    release: Release
    steps: tuple[Step, ...]
    is_new: bool
    canary: int = 100

    @property
    def to_do(self) -> tuple[Step, ...]:
        """The steps that are not in place."""
        return tuple(step for step in self.steps if not step.in_place)

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps to do that change something: all but the looks at the result."""
        looks = (StepName.SMOKE, StepName.VERIFY)
        return tuple(step for step in self.to_do if step.name not in looks)

    def step(self, name: StepName) -> Step | None:
        """Return a step of the plan."""
        return next((step for step in self.steps if step.name is name), None)

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)
