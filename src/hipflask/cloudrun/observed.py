"""What is in place in the cloud before a deploy, as values. Pure; observe/ finds it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipflask.cloudrun.roles import EVERYBODY
from hipflask.cloudrun.service import Service


@dataclass(frozen=True, slots=True)
class ObservedSecret:
    """A secret in Secret Manager.

    ``newest`` is the highest number that a version ever had, 0 without any; ``usable`` the highest
    of those that are enabled, 0 without any. ``differs`` says that a value was given which is not
    the usable version's. ``readers`` are the members that may read it.
    """

    newest: int = 0
    usable: int = 0
    differs: bool = False
    readers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Observed:
    """The state of the project and of the service.

    What could not be asked, because its API is off, is reported as not there. ``secrets`` holds
    those that exist; ``given`` the variables for which a value is at hand. ``repository_format`` is
    empty where there is no repository. ``pending`` are the migrations that the database lacks,
    ``None`` where it was not asked.
    """

    project_number: int = 0
    apis: frozenset[str] = frozenset()
    repository_format: str = ""
    has_docker_helper: bool = False
    secrets: Mapping[str, ObservedSecret] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    has_account: bool = False
    image_digest: str = ""
    service: Service | None = None
    invokers: frozenset[str] = frozenset()
    pending: tuple[str, ...] | None = None

    @property
    def has_ready_revision(self) -> bool:
        """Whether any revision was ever able to take visitors."""
        return self.service is not None and bool(self.service.latest_ready)

    @property
    def is_public(self) -> bool:
        """Whether everybody may call the service."""
        return EVERYBODY in self.invokers
