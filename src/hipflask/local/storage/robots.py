"""The X-Robots-Tag header of an upload: what search engines are told of the object."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Final

from hipflask.local.storage.errors import StorageError

_SIMPLE: Final = (
    *("all", "noindex", "nofollow", "none", "nosnippet", "indexifembedded", "notranslate"),
    "noimageindex",
)
_DATE: Final = "unavailable_after"
_WITH_VALUE: Final = ("max-snippet", "max-image-preview", "max-video-preview", _DATE)
_PREVIEWS: Final = ("none", "standard", "large")
# A date holds commas of its own: it ends before a comma with a rule or somebody's name behind.
_NEXT: Final = re.compile(
    rf",\s*(?=(?:{'|'.join((*_SIMPLE, *_WITH_VALUE))})\b|[A-Za-z0-9_-]+:\D)|,(?!\s*\d)"
)
_INTEGER: Final = re.compile("-?[0-9]+", re.ASCII)


def require_robots_tag(header: str) -> str:
    """Return the header, or raise InvalidRequest.

    Rules are separated by commas; ``googlebot: noindex`` is for one robot alone.
    """
    if header:
        _check(header.strip())
    return header


def _check(text: str) -> None:
    if not text:
        raise _wrong("X-Robots-Tag header value must be a non-empty string")
    for rule in _rules(text):
        name, colon, value = rule.partition(":")
        if name in _WITH_VALUE and colon:
            _check_value(name, value.strip())
        elif colon and name.strip():
            if not value.strip():
                raise _wrong(f'X-Robots-Tag user agent "{name}" has no rules specified')
            _check(value.strip())
        elif not rule:
            raise _wrong("X-Robots-Tag header contains empty rule")
        elif rule not in _SIMPLE:
            raise _wrong(f'Invalid X-Robots-Tag rule: "{rule}"')


def _rules(text: str) -> list[str]:
    pattern = _NEXT if _DATE in text else re.compile(",")
    return [rule.strip() for rule in pattern.split(text)]


def _check_value(name: str, value: str) -> None:
    if not value:
        raise _wrong(f'X-Robots-Tag rule "{name}" requires a value')
    if name == _DATE:
        wanted, is_right = "a valid date", _is_date(value)
    elif name == "max-image-preview":
        wanted, is_right = f"one of: {', '.join(_PREVIEWS)}", value in _PREVIEWS
    else:
        wanted = "an integer >= -1"
        is_right = _INTEGER.fullmatch(value) is not None and int(value[:9]) >= -1
    if not is_right:
        raise _wrong(f'X-Robots-Tag "{name}" value must be {wanted}, got: "{value}"')


def _is_date(text: str) -> bool:
    if re.match(r"\d{4}-\d\d-\d\d", text):
        return True
    try:
        parsedate_to_datetime(text)
    except ValueError:
        return False
    return True


def _wrong(what: str) -> StorageError:
    message = f"Invalid X-Robots-Tag header: {what}"
    return StorageError("InvalidRequest", message, error="invalid_x_robots_tag")
