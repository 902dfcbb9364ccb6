"""Turns a value of a TOML file into the type that a setting has. Pure."""

from __future__ import annotations

import enum
import types
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Union, get_args, get_origin

from hipflask.cloudrun.quantities import Cpu, Duration, Memory, QuantityError
from hipflask.cloudrun.spec import SecretRef


class Refused(Exception):
    """A value has the wrong type: what came, what belongs there, and the key inside a table."""

    def __init__(self, shown: str, expected: str, key: str = "") -> None:
        super().__init__(expected)
        self.shown = shown
        self.expected = expected
        self.key = key


def convert(hint: Any, given: object) -> Any:
    """Return ``given`` as the type that ``hint`` names, or raise Refused."""
    if get_origin(hint) in (Union, types.UnionType):
        return convert(next(each for each in get_args(hint) if each is not type(None)), given)
    if get_origin(hint) is Mapping:
        return _table(get_args(hint)[1], given)
    if hint in (Cpu, Memory, Duration):
        try:
            return hint.parse(given)
        except QuantityError as error:
            raise Refused(shown(given), error.expected) from None
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _choice(hint, given)
    return _plain(hint, given)


def _plain(hint: Any, given: object) -> object:
    if hint is SecretRef:
        return _secret(given)
    if hint is bool and isinstance(given, bool):
        return given
    if hint is int and isinstance(given, int) and not isinstance(given, bool):
        return given
    if hint is str and isinstance(given, str):
        return given
    raise Refused(shown(given), _EXPECTED[hint])


_EXPECTED = {
    bool: "true or false, without quotes",
    int: "a whole number, without quotes",
    str: "a text in quotes",
}


def _choice(kinds: type[enum.Enum], given: object) -> enum.Enum:
    for kind in kinds:
        if kind.value == given:
            return kind
    *others, last = (f'"{kind.value}"' for kind in kinds)
    raise Refused(shown(given), f"{', '.join(others)} or {last}")


def _secret(given: object) -> SecretRef:
    expected = 'the name of a secret in Secret Manager, such as "shop-database-url" or "name:3"'
    # What stands here by mistake may be the secret itself, so it is not shown.
    if not isinstance(given, str):
        raise Refused(f"a {_kind(given)}", expected)
    try:
        return SecretRef.parse(given)
    except ValueError:
        raise Refused("something else", expected) from None


def _table(hint: Any, given: object) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise Refused(shown(given), 'a section of names, such as NAME = "value"')
    found: dict[str, Any] = {}
    for key, value in given.items():
        try:
            found[key] = convert(hint, value)
        except Refused as refused:
            # Values of variables are nobody's business, whatever their type.
            what = refused.shown if hint is not str else f"a {_kind(value)}"
            raise Refused(what, refused.expected, key) from None
    return types.MappingProxyType(found)


def shown(given: object) -> str:
    """Return the value as it stands in the file, shortened."""
    if isinstance(given, bool):
        return str(given).lower()
    if isinstance(given, str):
        text = f'"{given}"'
    elif isinstance(given, int | Decimal):
        text = f"{given}"
    else:
        text = f"a {_kind(given)}"
    return text if len(text) <= 60 else f"{text[:57]}…"


def _kind(given: object) -> str:
    for types_, name in _KINDS:
        if isinstance(given, types_):
            return name
    return "value of another type"


_KINDS: tuple[tuple[Any, str], ...] = (
    (bool, "true or false"),
    ((int, float, Decimal), "number"),
    (str, "text"),
    (list, "list"),
    (Mapping, "section"),
)
