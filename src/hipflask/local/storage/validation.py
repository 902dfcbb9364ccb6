"""Checks JSON and query strings against a schema, with the words of the reference server's AJV.

Only what the endpoints use: types with AJV's coercion, ``required``, ``properties``, ``enum``,
``minimum``, ``maximum``, ``minItems``, ``maxItems``, ``anyRequired`` (of which one must be there).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from hipflask.local.storage.errors import StorageError, invalid_request

Schema: TypeAlias = Mapping[str, Any]

_MISSING: Final = object()


def checked(value: Any, schema: Schema, where: str = "body") -> Any:
    """Return ``value`` with its parts turned into the schema's types, or raise InvalidRequest."""
    types = schema.get("type")
    if types is not None:
        value = _of_type(value, [types] if isinstance(types, str) else list(types), where)
    if value is None:
        return None
    if isinstance(value, dict):
        return _checked_object(value, schema, where)
    if isinstance(value, list):
        return _checked_array(value, schema, where)
    if "enum" in schema and value not in schema["enum"]:
        raise _wrong(where, "must be equal to one of the allowed values")
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            raise _wrong(where, f"must be >= {schema['minimum']}")
        if "maximum" in schema and value > schema["maximum"]:
            raise _wrong(where, f"must be <= {schema['maximum']}")
    return value


def _checked_object(value: dict[str, Any], schema: Schema, where: str) -> dict[str, Any]:
    if not value and schema.get("minProperties"):
        raise _wrong(where, "must NOT have fewer than 1 properties")
    for name in schema.get("required", ()):
        if name not in value:
            raise _wrong(where, f"must have required property '{name}'")
    result = dict(value)
    for name, part in schema.get("properties", {}).items():
        if (found := value.get(name, _MISSING)) is not _MISSING:
            result[name] = checked(found, part, f"{where}/{name}")
    any_required = schema.get("anyRequired")
    if any_required and not any(name in value for name in any_required):
        raise _wrong(where, f"must have required property '{any_required[0]}'")
    return result


def _checked_array(value: list[Any], schema: Schema, where: str) -> list[Any]:
    if len(value) < schema.get("minItems", 0):
        raise _wrong(where, f"must NOT have fewer than {schema['minItems']} items")
    if len(value) > schema.get("maxItems", math.inf):
        raise _wrong(where, f"must NOT have more than {schema['maxItems']} items")
    part = schema.get("items")
    if part is None:
        return value
    return [checked(item, part, f"{where}/{index}") for index, item in enumerate(value)]


def _of_type(value: Any, types: list[str], where: str) -> Any:
    if any(_is(value, name) for name in types):
        # JSON has one kind of number: 5.0 is the integer 5.
        return int(value) if isinstance(value, float) and "integer" in types else value
    for name in types:
        if (coerced := _coerced(value, name)) is not _MISSING:
            return coerced
    raise _wrong(where, f"must be {','.join(types)}")


def _is(value: Any, name: str) -> bool:
    match name:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "integer":
            return (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and math.isfinite(value)
                and value == int(value)
            )
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def _coerced(value: Any, name: str) -> Any:
    """Return ``value`` as the type ``name``, as AJV's ``coerceTypes: "array"`` would turn it."""
    if isinstance(value, list) and len(value) == 1 and name not in ("array", "object"):
        value = value[0]
        if _is(value, name):
            return value
    match name, value:
        case "string", bool():
            return "true" if value else "false"
        case "string", int() | float():
            return str(value)
        case "string", None:
            return ""
        case "boolean", "true" | 1:
            return True
        case "boolean", "false" | 0 | None:
            return False
        case (("integer" | "number"), str()) if value.strip():
            return _number(value, name)
        case (("integer" | "number"), bool()):
            return int(value)
        case (("integer" | "number"), None):
            return 0
        case "null", "" | 0 | False:
            return None
        case "array", str() | int() | float() | None:
            return [value]
        case _:
            return _MISSING


def _number(text: str, name: str) -> Any:
    try:
        number = float(text)
    except ValueError:
        return _MISSING
    if not text.isascii() or "_" in text:  # what Python takes for a number, and JavaScript not
        return _MISSING
    if not math.isfinite(number):
        return _MISSING
    if number == int(number):
        return int(number)
    return _MISSING if name == "integer" else number


def _wrong(where: str, what: str) -> StorageError:
    return invalid_request(f"{where} {what}", error="Error")
