"""Reading a request's JSON body as GoTrue does: one object, or bad_json."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from hipflask.local.auth.errors import AuthApiError

#: Nobody nests metadata deeper. Everything that later walks through it, such as a mail template,
#: does so by recursion.
_DEEPEST: Final = 100


def bad_json(reason: str) -> AuthApiError:
    """Return the refusal of a body that is not the JSON it should be."""
    return AuthApiError("bad_json", f"Could not parse request body as JSON: {reason}")


def parse_object(raw: bytes) -> Mapping[str, Any]:
    """Return the JSON object in ``raw``; ``null`` counts as an empty one.

    What PostgreSQL cannot store (NUL, lone surrogates, infinity) is refused here, once, and not by
    an error of the database later on. Other encodings than UTF-8 are no JSON (RFC 8259 section
    8.1), though ``json.loads`` would guess them, and surrogates in their bytes with them.
    """
    if not raw:
        raise bad_json("unexpected end of JSON input")
    try:
        parsed = json.loads(
            raw.decode(),
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            parse_int=_int_within_float,
        )
        if b"\\u" in raw:  # only escapes can smuggle such characters in
            _refuse_unstorable(parsed)
        if raw.count(b"[") + raw.count(b"{") > _DEEPEST:
            _refuse_deep(parsed, _DEEPEST)
    except (ValueError, RecursionError) as error:
        raise bad_json(str(error)) from None
    if parsed is None:
        return {}
    if not isinstance(parsed, dict):
        raise bad_json("an object is expected")
    return parsed


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite_float(text: str) -> float:
    """Read a number. Go, which reads every number into 64 bits, refuses larger ones as well."""
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"number {text[:20]}… is out of range")
    return number


def _int_within_float(text: str) -> int:
    _finite_float(text)
    return int(text)


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


def _refuse_deep(value: Any, levels: int) -> None:
    if isinstance(value, dict | list):
        if levels == 0:
            raise ValueError(f"nested more than {_DEEPEST} levels deep")
        for inner in value.values() if isinstance(value, dict) else value:
            _refuse_deep(inner, levels - 1)
