"""What the claims of an access token must be at least (GoTrue, MinimumViableTokenSchema)."""

from __future__ import annotations

from typing import Any, Final

_REQUIRED: Final = (
    "aud",
    "exp",
    "iat",
    "sub",
    "email",
    "phone",
    "role",
    "aal",
    "session_id",
    "is_anonymous",
)
_TYPES: Final = {
    "aud": ("string", "array"),
    "exp": ("integer",),
    "jti": ("string",),
    "iat": ("integer",),
    "iss": ("string",),
    "nbf": ("integer",),
    "sub": ("string",),
    "email": ("string",),
    "phone": ("string",),
    "app_metadata": ("object",),
    "user_metadata": ("object",),
    "role": ("string",),
    "aal": ("string",),
    "amr": ("array",),
    "session_id": ("string",),
    "client_id": ("string",),
}


def faults(claims: dict[str, Any] | None) -> list[str]:
    """Return what is wrong with the claims, in the words of the library that GoTrue uses."""
    if claims is None:
        return ["(root): Invalid type. Expected: object, given: null"]
    found = [f"(root): {name} is required" for name in _REQUIRED if name not in claims]
    for name, allowed in _TYPES.items():
        if name not in claims:
            continue
        given = _type_of(claims[name])
        if given not in allowed:
            expected = "/".join(allowed)
            found.append(f"{name}: Invalid type. Expected: {expected}, given: {given}")
    methods = claims.get("amr")
    if isinstance(methods, list):
        found += [
            f"amr.{position}: Must validate at least one schema (anyOf)"
            for position, method in enumerate(methods)
            if not isinstance(method, str | dict)
        ]
    return found


def _type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"
