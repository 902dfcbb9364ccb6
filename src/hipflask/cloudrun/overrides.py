"""Changes a spec for one question, from texts as they are typed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Union, get_args, get_origin, get_type_hints

from hipflask.cloudrun.setting_types import Refused, convert
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.errors import ConfigError


def overridden(
    spec: ServiceSpec, given: Mapping[str, str], *, names: Mapping[str, str]
) -> ServiceSpec:
    """Return the spec with some fields said anew.

    Raises one ConfigError that names everything that is wrong, as ``names`` calls it. Whether Cloud
    Run takes the values is for ``validate``.
    """
    hints = get_type_hints(ServiceSpec)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field, text in given.items():
        try:
            values[field] = convert(hints[field], _typed(hints[field], text))
        except Refused as refused:
            expected = refused.expected.replace(", without quotes", "")
            problems.append(f"{names[field]} is {text!r}, but must be {expected}.")
    if problems:
        raise ConfigError("\n".join(problems))
    return replace(spec, **values)


def _typed(hint: Any, text: str) -> object:
    """Return the text as TOML would have given it."""
    options = get_args(hint) if get_origin(hint) is Union or type(None) in get_args(hint) else ()
    is_whole = hint is int or int in options
    return int(text) if is_whole and text.isascii() and text.isdigit() else text
