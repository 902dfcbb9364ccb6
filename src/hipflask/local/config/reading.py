"""Fills the frozen sections from a parsed TOML table, by their type hints.

As the Supabase CLI does (``pkg/config/config.go``): a value written ``env(NAME)`` is taken from
the environment, text is accepted where a number or a yes/no is meant, and an environment
variable ``SUPABASE_AUTH_SITE_URL`` overrides ``auth.site_url``.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from hipflask.errors import ConfigError
from hipflask.local.config.values import ByteSize, parse_duration, parse_size, variable_in

Section = TypeVar("Section")
Table = Mapping[str, Any]

_YES = {"1", "t", "true"}
_NO = {"0", "f", "false", ""}


@dataclass(slots=True)
class Reader:
    """Reads sections of one file and remembers what went by: unset variables, known keys."""

    file: Path
    text: str
    environ: Mapping[str, str]
    unset: list[tuple[str, str]] = field(default_factory=list)
    known: set[str] = field(default_factory=set)

    def section(self, cls: type[Section], table: object, path: str) -> Section:
        """Return ``cls`` filled from ``table``; absent keys keep their defaults."""
        if not isinstance(table, Mapping):
            raise self.error(path, "a section", table)
        values: dict[str, Any] = {}
        for each, hint in _shape(cls):
            key = self._key(each, table)
            name = f"{path}.{key}" if path else key
            self.known.add(name)
            given = table.get(key)
            override = self.environ.get("SUPABASE_" + name.upper().replace(".", "_"))
            if override is not None and _is_leaf(hint):
                given = override
            if given is not None:
                values[each.name] = self.value(hint, given, name)
        return cls(**values)

    def value(self, hint: Any, given: object, name: str) -> Any:
        """Return ``given`` as the type that ``hint`` names."""
        origin = get_origin(hint)
        if origin in (Union, types.UnionType):
            return self.value(next(a for a in get_args(hint) if a is not type(None)), given, name)
        if is_dataclass(hint) and isinstance(hint, type):
            return self.section(hint, given, name)
        if origin is Mapping:
            return self._mapping(get_args(hint)[1], given, name)
        if origin is tuple:
            return self._texts(given, name)
        if origin is Annotated and get_args(hint)[1] is ByteSize:
            return self._convert('a size such as "50MiB"', _size, self._text(given, name), name)
        return self._scalar(hint, self._text(given, name), name)

    def error(self, name: str, expected: str, given: object, why: str = "") -> ConfigError:
        """Return the error that names the file, the line, the key and what it should be."""
        line = line_of(self.text, name)
        where = f"{self.file}, line {line}" if line else f"{self.file}"
        return ConfigError(
            f"{where}: {name} must be {expected}, but is {_shown(name, given)}."
            + (f" {why}" if why else ""),
            hint="Correct that line and start again.",
        )

    def _key(self, each: Field[Any], table: Table) -> str:
        key = str(each.metadata.get("key", each.name))
        alias = each.metadata.get("alias")
        return str(alias) if alias is not None and alias in table else key

    def _mapping(self, hint: Any, given: object, name: str) -> Mapping[str, Any]:
        if not isinstance(given, Mapping):
            raise self.error(name, "a section", given)
        self.known.update(f"{name}.{key}" for key in given)
        return {key: self.value(hint, item, f"{name}.{key}") for key, item in given.items()}

    def _texts(self, given: object, name: str) -> tuple[str, ...]:
        resolved = self._text(given, name)
        if isinstance(resolved, str):
            return tuple(part.strip() for part in resolved.split(",") if part.strip())
        if isinstance(resolved, list) and all(isinstance(item, str) for item in resolved):
            return tuple(str(self._text(item, name)) for item in resolved)
        raise self.error(name, 'a list of texts such as ["a", "b"]', given)

    def _scalar(self, hint: Any, given: object, name: str) -> Any:
        if hint is bool:
            return self._convert("true or false", _truth, given, name)
        if hint is int:
            return self._convert("a whole number that is not negative", _count, given, name)
        if hint is timedelta:
            return self._convert('a duration such as "1m0s"', _duration, given, name)
        if not isinstance(given, str):
            raise self.error(name, "a text in quotes", given)
        if hint is Path:
            return Path(given) if given else None
        return given

    def _convert(
        self, expected: str, convert: Callable[[object], Any], given: object, name: str
    ) -> Any:
        try:
            return convert(given)
        except (TypeError, ValueError):
            raise self.error(name, expected, given) from None

    def _text(self, given: object, name: str) -> object:
        """Resolve ``env(NAME)``; an unset variable leaves the text as it is, and is noted."""
        if not isinstance(given, str) or (variable := variable_in(given)) is None:
            return given
        if value := self.environ.get(variable):
            return value
        self.unset.append((name, variable))
        return given


_SHAPES: dict[str, tuple[tuple[Field[Any], Any], ...]] = {}


def _shape(cls: Any) -> tuple[tuple[Field[Any], Any], ...]:
    """Return the fields of a section with their resolved types."""
    if (known := _SHAPES.get(cls.__qualname__)) is not None:
        return known
    hints = get_type_hints(cls, include_extras=True)
    return _SHAPES.setdefault(
        cls.__qualname__, tuple((each, hints[each.name]) for each in fields(cls))
    )


def _is_leaf(hint: Any) -> bool:
    if get_origin(hint) in (Union, types.UnionType):
        return all(_is_leaf(a) for a in get_args(hint) if a is not type(None))
    return not is_dataclass(hint) and get_origin(hint) is not Mapping


def _truth(given: object) -> bool:
    if isinstance(given, bool):
        return given
    if isinstance(given, str) and given.lower() in _YES | _NO:
        return given.lower() in _YES
    raise ValueError


def _count(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise TypeError
    number = int(given)
    if number < 0:
        raise ValueError
    return number


def _duration(given: object) -> timedelta:
    if not isinstance(given, str):
        raise TypeError
    return parse_duration(given)


def _size(given: object) -> int:
    return parse_size(given) if isinstance(given, str) else _count(given)


def _shown(name: str, given: object) -> str:
    # A secret of the wrong type is still a secret.
    key = name.rpartition(".")[2]
    if given != "" and any(word in key for word in ("secret", "pass", "token", "key")):
        return f"a {type(given).__name__}"
    return repr(given)


def line_of(text: str, name: str) -> int | None:
    """Return the line that sets ``name`` (a dotted path), or its section's, if it can be found."""
    section, found = "", None
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if header := re.match(r"\[{1,2}\s*([^\]]+?)\s*\]", stripped):
            section = header[1].replace('"', "").replace("'", "")
            if section == name:
                return number
            if name.startswith(section + "."):
                found = found or number
        elif (key := re.match(r"""["']?([\w.-]+)["']?\s*=""", stripped)) and (
            f"{section}.{key[1]}" if section else key[1]
        ) == name:
            return number
    return found
