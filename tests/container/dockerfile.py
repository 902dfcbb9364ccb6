"""Reads the starter's Dockerfile, as far as the tests ask."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STARTER = Path(__file__).parents[2] / "starter"


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continued lines joined."""

    name: str
    value: str


@dataclass
class Stage:
    """What stands below one FROM."""

    base: str
    instructions: list[Instruction] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        """Return the values of every instruction of a name."""
        return [each.value for each in self.instructions if each.name == name]

    @property
    def command(self) -> list[str]:
        """CMD in its list form; the form with a shell is no JSON and raises."""
        command: Any = json.loads(self.values("CMD")[-1])
        return [str(each) for each in command]

    @property
    def user(self) -> tuple[int, int]:
        """The user's and the group's number."""
        user, group = self.values("USER")[-1].split(":")
        return int(user), int(group)

    @property
    def environment(self) -> dict[str, str]:
        """What ENV sets."""
        pairs = [pair for value in self.values("ENV") for pair in shlex.split(value)]
        return dict(pair.split("=", 1) for pair in pairs)

    @property
    def copied(self) -> list[str]:
        """What is copied from the project itself, not from an earlier stage."""
        copies = [shlex.split(value) for value in self.values("COPY")]
        return [
            source for words in copies if not words[0].startswith("--") for source in words[:-1]
        ]


def stages(text: str) -> list[Stage]:
    """Return the stages; arguments before the first FROM are left out."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        name, _, value = line.strip().partition(" ")
        if name.upper() == "FROM":
            found.append(Stage(value))
        elif name and found:
            found[-1].instructions.append(Instruction(name.upper(), value.strip()))
    return found


def starters_stages() -> list[Stage]:
    """Return the stages of the starter's own Dockerfile."""
    return stages((STARTER / "Dockerfile").read_text(encoding="utf-8"))
