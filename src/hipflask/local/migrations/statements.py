"""Splits an SQL script into its statements, as PostgreSQL's lexer would.

Texts come out as the Supabase CLI records them (its pkg/parser): comments kept, the closing
semicolon and outer blanks cut off. Where that splitter errs (``case … end`` within a function
body of ``begin atomic``, backslashes in ``E''`` strings), this one follows PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What may hide a semicolon, and what opens or closes a nesting. Order matters.
_TOKEN = re.compile(
    r"""
    (?P<comment>--[^\n]*)
  | (?P<block>/\*)
  | (?P<escape_string>\b[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z))
  | (?P<string>'(?:[^']|'')*(?:'|\Z))
  | (?P<identifier>"(?:[^"]|"")*(?:"|\Z))
  | (?P<word>[^\W\d][\w$]*)
  | (?P<number>\d[\w.]*)
  | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
  | (?P<open>\()
  | (?P<close>\))
  | (?P<end>;)
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_LEADING_NOISE = re.compile(r"(?:\s+|--[^\n]*\n?)+")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a script, and the line (from 1) on which its first word stands."""

    text: str
    line: int
    # Where the first word begins within ``text``, behind comments and blanks.
    first_word_at: int

    @property
    def words(self) -> str:
        """The statement from its first word on, for looking at what kind it is."""
        return self.text[self.first_word_at :]

    @property
    def is_empty(self) -> bool:
        """Only comments."""
        return not self.words

    def line_at(self, position: int) -> int:
        """Return the script's line of a position (from 1) within ``text``, as errors give it."""
        start = self.line - self.text.count("\n", 0, self.first_word_at)
        return start + self.text.count("\n", 0, max(position - 1, 0))


def split(script: str) -> list[Statement]:
    """Return the statements of ``script`` in order; a script of nothing but blanks has none."""
    statements = []
    start = 0
    for end in _ends(script):
        text = script[start:end].rstrip(";").strip()
        if text:
            begins = start + (len(script[start:end]) - len(script[start:end].lstrip()))
            first_word_at = _skip_noise(text)
            line = 1 + script.count("\n", 0, begins + first_word_at)
            statements.append(Statement(text, line, first_word_at))
        start = end
    return statements


def _ends(script: str) -> Iterator[int]:
    """Yield where each statement ends, its semicolon included."""
    position = parentheses = atomic = 0
    previous_word = ""
    while match := _TOKEN.search(script, position):
        kind = match.lastgroup
        position = match.end()
        word = ""
        if kind == "block":
            position = _after_block_comment(script, position)
        elif kind == "dollar":
            closing = script.find(match.group(), position)
            position = len(script) if closing < 0 else closing + len(match.group())
        elif kind == "open":
            parentheses += 1
        elif kind == "close":
            parentheses = max(0, parentheses - 1)
        elif kind == "word":
            word = match.group().lower()
            atomic = _atomic_depth(atomic, previous_word, word)
        elif kind == "end" and not parentheses and not atomic:
            yield position
        if kind not in ("comment", "block"):
            previous_word = word
    if position < len(script) or script:
        yield len(script)


def _atomic_depth(depth: int, previous: str, word: str) -> int:
    """Follow ``begin atomic … end``, in which ``case … end`` nests."""
    if depth == 0:
        return 1 if (previous, word) == ("begin", "atomic") else 0
    if word == "case":
        return depth + 1
    return depth - 1 if word == "end" else depth


def _after_block_comment(script: str, position: int) -> int:
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(script, position)):
        depth += 1 if edge.group() == "/*" else -1
        position = edge.end()
    return len(script) if depth else position


def _skip_noise(text: str) -> int:
    position = 0
    while position < len(text):
        if noise := _LEADING_NOISE.match(text, position):
            position = noise.end()
        elif text.startswith("/*", position):
            position = _after_block_comment(text, position + 2)
        else:
            break
    return position
