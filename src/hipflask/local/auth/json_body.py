"""Reading a request's JSON body as GoTrue does: one object, or bad_json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from hipflask.local.auth.errors import AuthApiError


def bad_json(reason: str) -> AuthApiError:
    """Return the refusal of a body that is not the JSON it should be."""
    return AuthApiError("bad_json", f"Could not parse request body as JSON: {reason}")


def parse_object(raw: bytes) -> Mapping[str, Any]:
    """Return the JSON object in ``raw``; ``null`` counts as an empty one.

    Text that PostgreSQL cannot store (NUL, lone surrogates) is refused here, once, and not by an
    error of the database later on.
    """
    if not raw:
        raise bad_json("unexpected end of JSON input")
    try:
        parsed = json.loads(raw, parse_constant=_refuse_constant)
        if b"\\u" in raw:  # only escapes can smuggle such characters in
            _refuse_unstorable(parsed)
    except (ValueError, RecursionError) as error:
        raise bad_json(str(error)) from None
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise bad_json("an object is expected")
    return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _refuse_unstorable(value: Any) -> None:
    if isinstance(value, str):
        value.encode()  # UnicodeEncodeError, a ValueError, on a lone surrogate
        if "\0" in value:
            raise ValueError("text must not contain NUL")
    elif isinstance(value, dict):
        for key, inner in value.items():
            _refuse_unstorable(key)
            _refuse_unstorable(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_unstorable(inner)
