"""Cut a template into text and actions, and an action into tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


class TemplateError(Exception):
    """A template is malformed or cannot be rendered; says in which file and line."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(f"{name}:{line}: {reason}")
        self.name = name
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Token:
    """One word of an action. ``kind`` is a group name of the pattern below."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Text:
    """Text between actions, already trimmed."""

    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """What stands between ``{{`` and ``}}``."""

    tokens: tuple[Token, ...]
    line: int


_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\n]+)
    | (?P<string>"(?:[^"\\\n]|\\.)*")
    | (?P<raw>`[^`]*`)
    | (?P<char>'(?:[^'\\\n]|\\.)+')
    | (?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+))
    | (?P<field>\.[^\W\d]\w*)
    | (?P<dot>\.)
    | (?P<variable>\$\w*)
    | (?P<word>[^\W\d]\w*)
    | (?P<declare>:=)
    | (?P<assign>=)
    | (?P<comma>,)
    | (?P<pipe>\|)
    | (?P<open>\()
    | (?P<close>\))
    """,
    re.VERBOSE,
)
_END = re.compile(r"(?P<trim>[ \t\r\n]+-)?}}")
_COMMENT = re.compile(r"/\*.*?\*/(?P<trim>[ \t\r\n]+-)?}}", re.DOTALL)
_SPACES = " \t\r\n"


def scan(name: str, source: str) -> Iterator[Text | Action]:
    """Yield the text and the actions of a template in order.

    ``{{-`` and ``-}}`` trim the white space on their side, as in Go. Comments disappear.
    """
    position = 0
    trim_next = False
    while True:
        start = source.find("{{", position)
        text = source[position:] if start < 0 else source[position:start]
        if trim_next:
            text = text.lstrip(_SPACES)
        if start < 0:
            if text:
                yield Text(text)
            return
        inside = start + 2
        if source[inside : inside + 1] == "-" and source[inside + 1 : inside + 2] in (*_SPACES,):
            text = text.rstrip(_SPACES)
            inside += 2
        if text:
            yield Text(text)
        line = source.count("\n", 0, start) + 1
        comment = _comment(name, source, inside, line)
        if comment is not None:
            position, trim_next = comment.end(), comment["trim"] is not None
            continue
        tokens, position, trim_next = _tokens(name, source, inside, line)
        yield Action(tokens, line)


def _comment(name: str, source: str, inside: int, line: int) -> re.Match[str] | None:
    start = inside
    while source[start : start + 1] in (*_SPACES,) and start < len(source):
        start += 1
    if not source.startswith("/*", start):
        return None
    found = _COMMENT.match(source, start)
    if found is None:
        raise TemplateError(name, line, "comment is not closed by */}}")
    return found


def _tokens(name: str, source: str, inside: int, line: int) -> tuple[tuple[Token, ...], int, bool]:
    """Return the tokens of one action, where the text goes on, and whether it is trimmed."""
    tokens: list[Token] = []
    position = inside
    while True:
        end = _END.match(source, position)
        if end is not None:
            return tuple(tokens), end.end(), end["trim"] is not None
        found = _TOKEN.match(source, position)
        at = source.count("\n", 0, position) + 1
        if found is None:
            if position >= len(source):
                raise TemplateError(name, line, "action is not closed by }}")
            raise TemplateError(name, at, f"unexpected {source[position]!r} in an action")
        assert found.lastgroup is not None
        tokens.append(Token(found.lastgroup, found.group(), at))
        position = found.end()
