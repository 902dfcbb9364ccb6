"""What the caller decides about a deploy. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hipflask.cloudrun.image_build import Builder


@dataclass(frozen=True, slots=True)
class Options:
    """``canary`` is the share of the traffic, in percent, that the new revision gets.

    ``adopt`` allows to take over a service that Hipflask did not make.
    """

    builder: Builder = Builder.DOCKER
    build_args: Mapping[str, str] = field(default_factory=dict)
    canary: int = 100
    migrate: bool = True
    smoke: bool = True
    adopt: bool = False
