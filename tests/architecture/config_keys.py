"""Which keys of config.toml Hipflask reads, and which of them have an effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hipflask.local.config import HookConfig, HooksConfig, ProjectConfig
from hipflask.local.config.not_used import ELSEWHERE, NOT_YET


def keys_with_effect() -> dict[str, Any]:
    """Return every dotted key that changes something, with its default; NAME stands for any."""
    idle = [*ELSEWHERE, *NOT_YET]
    return {
        key: default
        for key, default in _keys(ProjectConfig, "")
        if not any(_covers(pattern, key) for pattern in idle)
    }


def _covers(pattern: str, key: str) -> bool:
    if pattern.endswith(".*"):
        return key == pattern[:-2] or key.startswith(pattern[:-1])
    return key == pattern


def _keys(section: type, path: str) -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(section)
    empty = section()
    for field in fields(section):
        if (section is ProjectConfig and field.name == "warnings") or not field.init:
            continue
        name = path + str(field.metadata.get("key", field.name))
        inner = _section_in(hints[field.name])
        if inner is HooksConfig:  # six fields, all alike
            yield from _keys(HookConfig, f"{name}.NAME.")
            continue
        if inner is None:
            yield name, getattr(empty, field.name)
        else:
            is_mapping = hasattr(get_origin(hints[field.name]), "keys")
            yield from _keys(inner, f"{name}.NAME." if is_mapping else f"{name}.")


def _section_in(hint: Any) -> type | None:
    """Return the dataclass that a field holds: itself, in a mapping, or optional."""
    if is_dataclass(hint):
        return hint if isinstance(hint, type) else None
    if isinstance(hint, UnionType) or get_args(hint):
        for part in get_args(hint):
            if isinstance(part, type) and is_dataclass(part):
                return part
    return None
