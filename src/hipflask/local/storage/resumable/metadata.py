"""The header ``Upload-Metadata``: keys with values in base64."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from hipflask.local.storage.mime_types import OCTET_STREAM

Metadata: TypeAlias = Mapping[str, str | None]

_KEY: Final = re.compile(r"[\x00-\x7f]+")
_VALUE: Final = re.compile(r"(?:[0-9A-Za-z+/]{4})*(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?")
_SECONDS: Final = re.compile(r"-?[0-9]+")


def parsed(header: str) -> dict[str, str | None]:
    """Return the pairs of a header, or raise ValueError."""
    pairs: dict[str, str | None] = {}
    for pair in header.split(","):
        key, *values = pair.split(" ")
        if len(values) > 1 or not _KEY.fullmatch(key) or key in pairs:
            raise ValueError(pair)
        if values and not _VALUE.fullmatch(values[0]):
            raise ValueError(pair)
        text = values[0] if values else ""
        pairs[key] = base64.b64decode(text).decode(errors="replace") if text else None
    return pairs


def as_header(metadata: Metadata) -> str:
    """Return the header that ``parsed`` reads."""
    return ",".join(
        key if value is None else f"{key} {base64.b64encode(value.encode()).decode()}"
        for key, value in metadata.items()
    )


def cache_control(metadata: Metadata) -> str:
    """Return the header to serve the object with: ``cacheControl`` is a number of seconds."""
    seconds = metadata.get("cacheControl") or ""
    return f"max-age={seconds}" if _SECONDS.fullmatch(seconds) else "no-cache"


def content_type(metadata: Metadata) -> str:
    """Return the object's MIME type."""
    return metadata.get("contentType") or OCTET_STREAM


def user_metadata(metadata: Metadata) -> Mapping[str, Any] | None:
    """Return the JSON in ``metadata``; None if it is no object."""
    try:
        value = json.loads(metadata.get("metadata") or "null")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
