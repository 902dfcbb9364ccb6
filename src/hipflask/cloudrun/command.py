"""One command line of a deploy, as a value: what is run is what is shown. Pure."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import chain, count
from typing import Final

_PASSWORD: Final = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")


@dataclass(frozen=True, slots=True)
class Command:
    """A program with its arguments, never a shell string.

    ``stdin_of`` names the variable whose value goes to standard input: a value that must not be
    seen is never an argument, because other users of the machine can read those.
    """

    argv: tuple[str, ...]
    stdin_of: str = ""

    @property
    def program(self) -> str:
        """The program's name."""
        return self.argv[0]

    @property
    def text(self) -> str:
        """The line as one types it into a POSIX shell."""
        return f"{shlex.join(self.shown)}{self.remark}"

    @property
    def shown(self) -> tuple[str, ...]:
        """The arguments as they may be read: no password of an address (a package mirror's)."""
        return tuple(_PASSWORD.sub(r"\1***@", word) for word in self.argv)

    @property
    def remark(self) -> str:
        """What the line alone does not tell."""
        return f"  # the value of {self.stdin_of} on standard input" if self.stdin_of else ""


def gcloud(*words: str, stdin_of: str = "", **flags: str | bool) -> Command:
    """Return a gcloud command: ``gcloud("run", "deploy", name, region="us-west1")``.

    A flag's underscores become hyphens; True makes a flag without a value, False leaves it out.
    """
    argv = ["gcloud", *words]
    for name, value in flags.items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            argv.append(flag)
        elif value is not False:
            argv.append(f"{flag}={value}")
    return Command(tuple(argv), stdin_of)


def joined_pairs(pairs: dict[str, str]) -> str:
    """Return ``A=1,B=2`` as gcloud reads it, with another separator where a value has a comma.

    ``gcloud topic escaping``: a list may begin with ``^SEPARATOR^``.
    """
    items = [f"{name}={value}" for name, value in pairs.items()]
    text = ",".join(items)
    if not items or (text.split(",") == items and not text.startswith("^")):
        return text
    candidates = chain("@|;#~%", (f"@{number}@" for number in count(1)))
    # That no item has it is not enough: the end of one and the separator may make it, too.
    separator = next(each for each in candidates if each.join(items).split(each) == items)
    return f"^{separator}^{separator.join(items)}"
