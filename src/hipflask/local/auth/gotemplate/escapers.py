"""Make a value harmless in the place where it lands, with the escapes that html/template uses."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from hipflask.local.auth.gotemplate.contexts import Place, Spot
from hipflask.local.auth.gotemplate.values import UrlQuery, show

REFUSED = "ZgotmplZ"
"""What html/template writes instead of a value that no escape can make safe."""

_HTML = str.maketrans(
    {
        "\0": "\ufffd",
        '"': "&#34;",
        "&": "&amp;",
        "'": "&#39;",
        "+": "&#43;",
        "<": "&lt;",
        ">": "&gt;",
    }
)
_UNQUOTED = str.maketrans(
    {
        "\t": "&#9;",
        "\n": "&#10;",
        "\v": "&#11;",
        "\f": "&#12;",
        "\r": "&#13;",
        " ": "&#32;",
        "=": "&#61;",
        "`": "&#96;",
    }
)
_SAFE_SCHEMES = ("http", "https", "mailto")
_UNSAFE_IN_STYLE = re.compile(r"[\0\"'()/;@\[\\\]`{}<>]|--|expression|mozbinding", re.IGNORECASE)
_SAFE_ATTRIBUTE_NAME = re.compile(r"[A-Za-z0-9-]+\Z")
_RESERVED = "!#$&*+,/:;=?@[]"
_SCRIPT = {
    "\0": "\\u0000",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\u000b",
    "\f": "\\f",
    "\r": "\\r",
    '"': "\\u0022",
    "`": "\\u0060",
    "&": "\\u0026",
    "'": "\\u0027",
    "+": "\\u002b",
    "/": "\\/",
    "<": "\\u003c",
    ">": "\\u003e",
    "\\": "\\\\",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def escape(value: Any, spot: Spot) -> str:
    """Return the value as text that means just itself at this spot."""
    text = "" if value is None else show(value)
    match spot.place:
        case Place.COMMENT:
            return ""
        case Place.TAG:
            return _attribute_name(text)
        case Place.URL:
            already = isinstance(value, UrlQuery)
            return _attribute(_url(text, spot.url_part, already=already), spot)
        case Place.STYLE:
            return _attribute(_style(text), spot)
        case Place.SCRIPT:
            script = _script_value(value)
            return _attribute(script, spot) if spot.in_attribute else script
        case Place.SCRIPT_STRING:
            return "".join(_SCRIPT.get(character, character) for character in text)
        case Place.TEXT | Place.ATTRIBUTE:
            return _attribute(text, spot)


def _attribute(text: str, spot: Spot) -> str:
    escaped = text.translate(_HTML)
    return escaped if spot.quoted else escaped.translate(_UNQUOTED)


def _attribute_name(text: str) -> str:
    dangerous = text.lower().startswith(("on", "style", "href", "src", "data-", "xmlns"))
    return text if _SAFE_ATTRIBUTE_NAME.match(text) and not dangerous else REFUSED


def _url(text: str, part: str, *, already: bool) -> str:
    if part == "query":
        return text if already else quote(text, safe="-_.~")
    if part == "start":
        scheme, colon, _ = text.partition(":")
        if colon and "/" not in scheme and scheme.lower() not in _SAFE_SCHEMES:
            return "#" + REFUSED
    return _normalized(text)


def _normalized(text: str) -> str:
    """Percent-encode what a URL may not hold, and leave what is already encoded."""
    pieces = re.split(r"(%[0-9A-Fa-f]{2})", text)
    return "".join(
        piece if position % 2 else quote(piece, safe=_RESERVED + "-_.~")
        for position, piece in enumerate(pieces)
    )


def _style(text: str) -> str:
    return REFUSED if _UNSAFE_IN_STYLE.search(text) else text


def _script_value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
