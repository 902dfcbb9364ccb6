"""Cloud Logging's query language, as much of it as gcloud and we write.

Comparisons (`=`, `!=`, `>=`, `<=`, `>`, `<`, `:` for "contains", `=~`), AND, OR, NOT, brackets; two
comparisons with nothing between them mean AND. A word that stands alone, and those of SEARCH("…"),
are looked for everywhere.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.google.errors import GoogleError

SEVERITIES = (
    *("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"),
)
_TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[()]|!=|>=|<=|=~|!~|[=<>:]|[^\s()=!<>:"]+)')


def matches(entry: dict[str, Any], text: str) -> bool:
    """Tell whether the entry passes the filter."""
    tokens = _TOKEN.findall(text)
    if not tokens:
        return True
    parser = _Parser(tokens, entry)
    result = parser.either()
    if parser.tokens:
        raise GoogleError(400, f"Unparseable filter: syntax error near {parser.tokens[0]!r}")
    return result


class _Parser:
    def __init__(self, tokens: list[str], entry: dict[str, Any]) -> None:
        self.tokens = tokens
        self.entry = entry

    def either(self) -> bool:
        result = self.both()
        while self.tokens and self.tokens[0] == "OR":
            self.tokens.pop(0)
            result = self.both() or result
        return result

    def both(self) -> bool:
        result = self.one()
        while self.tokens and self.tokens[0] not in (")", "OR"):
            if self.tokens[0] == "AND":
                self.tokens.pop(0)
            result = self.one() and result
        return result

    def one(self) -> bool:
        if not self.tokens:
            raise GoogleError(400, "Unparseable filter: unexpected end of the filter")
        token = self.tokens.pop(0)
        if token in ("NOT", "-"):
            return not self.one()
        if token == "SEARCH" and self.tokens[:1] == ["("]:
            return self._search()
        if token == "(":
            result = self.either()
            if not self.tokens or self.tokens.pop(0) != ")":
                raise GoogleError(400, "Unparseable filter: a bracket is not closed")
            return result
        if self.tokens and re.fullmatch(r"!=|>=|<=|=~|!~|[=<>:]", self.tokens[0]):
            operator = self.tokens.pop(0)
            if not self.tokens:
                raise GoogleError(400, "Unparseable filter: unexpected end of the filter")
            return self._compare(token, operator, _plain(self.tokens.pop(0)))
        return _plain(token).lower() in json.dumps(self.entry).lower()

    def _search(self) -> bool:
        """SEARCH("words"): every word is somewhere in the entry."""
        _, words, *rest = self.tokens
        if rest[:1] != [")"]:
            raise GoogleError(400, "Unparseable filter: SEARCH takes one text here")
        self.tokens = rest[1:]
        text = json.dumps(self.entry).lower()
        return all(word in text for word in _plain(words).lower().split())

    def _compare(self, path: str, operator: str, wanted: str) -> bool:
        value = _value(self.entry, path)
        if value is None:
            return operator in ("!=", "!~")
        if path == "severity" and operator not in (":", "=~", "!~"):
            return _ordered(SEVERITIES.index(value), operator, SEVERITIES.index(wanted.upper()))
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return _ordered(value, operator, float(wanted))
            except ValueError:
                return False
        text = str(value)
        if operator == ":":
            return wanted.lower() in text.lower()
        if operator in ("=~", "!~"):
            return bool(re.search(wanted, text)) == (operator == "=~")
        if path == "timestamp":
            text, wanted = text.rstrip("Z"), wanted.rstrip("Z")
        return _ordered(text, operator, wanted)


def _ordered(left: Any, operator: str, right: Any) -> bool:
    results: dict[str, bool] = {
        "=": left == right,
        "!=": left != right,
        ">=": left >= right,
        "<=": left <= right,
        ">": left > right,
        "<": left < right,
    }
    return results[operator]


def _plain(token: str) -> str:
    return str(json.loads(token)) if token.startswith('"') else token


def _value(entry: dict[str, Any], path: str) -> Any:
    value: Any = entry
    for piece in path.split("."):
        if not isinstance(value, dict) or piece not in value:
            return None
        value = value[piece]
    return value
