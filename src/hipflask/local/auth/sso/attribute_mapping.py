"""Which attribute of a SAML assertion becomes which claim, as an administrator says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.json_body import bad_json

_KINDS: Final[Mapping[str, type]] = {"name": str, "names": list, "default": object, "array": bool}


def read(asked: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return ``{"keys": {claim: {name, names, default, array}}}`` without what is not known there.

    None means that the body says nothing about it. Empty values are left out, as GoTrue answers
    them.
    """
    keys = (asked or {}).get("keys")
    if keys is None:
        return None
    if not isinstance(keys, dict):
        raise bad_json('"attribute_mapping.keys" must be an object')
    mapped = {claim: _attribute(claim, attribute) for claim, attribute in keys.items()}
    return {"keys": mapped} if mapped else {}


def _attribute(claim: str, attribute: Any) -> dict[str, Any]:
    if attribute is None:
        return {}
    if not isinstance(attribute, dict):
        raise _wrong(claim)
    kept: dict[str, Any] = {}
    for name, kind in _KINDS.items():
        value = attribute.get(name)
        if value is None:
            continue
        texts = value if kind is list and isinstance(value, list) else ()
        if not isinstance(value, kind) or not all(isinstance(one, str) for one in texts):
            raise _wrong(f"{claim}.{name}")
        if value or name == "default":
            kept[name] = value
    return kept


def _wrong(place: str) -> AuthApiError:
    return bad_json(f'"attribute_mapping.keys.{place}" is of the wrong type')
