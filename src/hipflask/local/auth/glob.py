"""Patterns of addresses, in which ``.`` and ``/`` separate.

``*`` stands for anything within one part, ``**`` for anything, ``?`` for one character that
separates nothing; ``[a-z]``, ``[!abc]``, ``{one,two}`` and a backslash work as in a shell.

Not regular expressions: whoever asks for a redirect chooses the text, and an expression with many
stars can keep a process busy for years. Here the time is bounded by pattern times text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, TypeAlias

_SEPARATORS: Final = "./"

#: From the places that are reached in a text to those reached after one more piece of pattern.
_Step: TypeAlias = Callable[[str, set[int]], set[int]]


class MalformedPattern(ValueError):
    """A bracket is not closed, or nothing follows a backslash."""


class Glob:
    """One pattern, ready to be matched."""

    def __init__(self, pattern: str) -> None:
        """Read the pattern. Raises MalformedPattern."""
        self._pattern = pattern
        self._position = 0
        self._steps = self._until("")

    def matches(self, text: str) -> bool:
        """Say whether the whole text fits."""
        return len(text) in _walk(self._steps, text, {0})

    def _until(self, stops: str) -> list[_Step]:
        """Read up to one of the stops, which is left for the caller."""
        steps: list[_Step] = []
        while self._position < len(self._pattern):
            character = self._pattern[self._position]
            if character in stops:
                break
            self._position += 1
            if character == "*" and self._pattern.startswith("*", self._position):
                self._position += 1
                steps.append(_anything)
            elif character == "*":
                steps.append(_anything_within_a_part)
            elif character == "?":
                steps.append(_one_of(lambda one: one not in _SEPARATORS))
            elif character == "[":
                steps.append(self._set())
            elif character == "{":
                steps.append(self._choice())
            elif character == "\\":
                steps.append(_one_of(self._next("nothing follows the backslash").__eq__))
            else:
                steps.append(_one_of(character.__eq__))
        return steps

    def _next(self, otherwise: str) -> str:
        if self._position == len(self._pattern):
            raise MalformedPattern(otherwise)
        self._position += 1
        return self._pattern[self._position - 1]

    def _set(self) -> _Step:
        end = self._pattern.find("]", self._position + 1)
        if end < 0:
            raise MalformedPattern("[ is not closed")
        content = self._pattern[self._position : end]
        self._position = end + 1
        negated = content.startswith("!")
        content = content.removeprefix("!")
        if len(content) == 3 and content[1] == "-":
            low, high = content[0], content[2]
            return _one_of(lambda one: (low <= one <= high) is not negated)
        return _one_of(lambda one: (one in content) is not negated)

    def _choice(self) -> _Step:
        choices = [self._until(",}")]
        while self._next("{ is not closed") == ",":
            choices.append(self._until(",}"))
        return _either(choices)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Glob:
    """Return the pattern, read once."""
    return Glob(pattern)


def _walk(steps: Iterable[_Step], text: str, reached: set[int]) -> set[int]:
    for step in steps:
        reached = step(text, reached)
    return reached


def _one_of(fits: Callable[[str], bool]) -> _Step:
    return lambda text, reached: {at + 1 for at in reached if at < len(text) and fits(text[at])}


def _either(choices: list[list[_Step]]) -> _Step:
    return lambda text, reached: {at for choice in choices for at in _walk(choice, text, reached)}


def _anything(text: str, reached: set[int]) -> set[int]:
    return set(range(min(reached), len(text) + 1)) if reached else reached


def _anything_within_a_part(text: str, reached: set[int]) -> set[int]:
    """Spread from each reached place up to the next separator."""
    spread = set(reached)
    for at, character in enumerate(text):
        if at in spread and character not in _SEPARATORS:
            spread.add(at + 1)
    return spread
