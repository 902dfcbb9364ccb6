"""The parts of a parsed template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Dot:
    """``.``"""


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, number, truth value or nil."""

    value: Any


@dataclass(frozen=True, slots=True)
class Variable:
    """``$`` or ``$name``."""

    name: str


@dataclass(frozen=True, slots=True)
class Function:
    """The name of a built-in function, checked by the parser."""

    name: str


@dataclass(frozen=True, slots=True)
class Fields:
    """``operand.A.B``; the operand of ``.A.B`` alone is Dot."""

    operand: Operand
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A value, or a function and its arguments."""

    operands: tuple[Operand, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands, each given the result of the one before as its last argument."""

    commands: tuple[Command, ...]
    variables: tuple[str, ...] = ()
    declares: bool = False
    line: int = 0


Operand = Dot | Constant | Variable | Function | Fields | Pipeline


@dataclass(frozen=True, slots=True)
class Literal:
    """Text to write as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """A pipeline whose value is written, unless it sets a variable."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Branch:
    """``if``, or ``with``, which also moves the dot."""

    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]
    moves_dot: bool


@dataclass(frozen=True, slots=True)
class Loop:
    """``range``."""

    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Jump:
    """``break`` or ``continue``."""

    word: str


@dataclass(frozen=True, slots=True)
class Call:
    """``template "name" pipeline``; also what ``block`` leaves behind."""

    name: str
    pipeline: Pipeline | None
    line: int


Node = Literal | Output | Branch | Loop | Jump | Call
