"""An SVG without what can run, load or lead elsewhere.

imgproxy passes SVG through with scripts taken out (``svg/svg.go``), and so does this, but the other
way round: what is not known to be harmless is left out. The file is read and written anew, so no
trick of prefixes, encodings or entities survives. The headers are a second wall: even if something
got through, a browser would not run it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from hipflask.local.storage.render.errors import invalid_source

SVG_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; sandbox",
    "X-Content-Type-Options": "nosniff",
}

_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_XML: Final = "http://www.w3.org/XML/1998/namespace"
#: SVG 1.1 and 2, without script, foreignObject, links, and media.
_HARMLESS: Final = """
animate animateMotion animateTransform circle clipPath defs desc ellipse feBlend feColorMatrix
feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap
feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feImage
feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile
feTurbulence filter g image line linearGradient marker mask mpath path pattern polygon polyline
radialGradient rect set stop style svg switch symbol text textPath title tspan use view
"""
_ELEMENTS: Final = frozenset(_HARMLESS.split())
_ANIMATIONS: Final = frozenset({"animate", "animateMotion", "animateTransform", "set"})
_PICTURES: Final = frozenset({"image", "feImage"})
_DATA_PICTURE: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp|avif);base64,[A-Za-z0-9+/=\s]*")
_FOREIGN_URL: Final = re.compile(r"url\s*\(\s*(?![\"']?\s*#)|@import|image-set|expression|\\")
_DEEPEST: Final = 500
#: A detailed map has a tenth of it. Reading a million takes about a second.
_MOST_ELEMENTS: Final = 1_000_000


def sanitized(content: bytes) -> bytes:
    """Return the harmless part of an SVG. Raises RenderError where it is none, or broken."""
    writer = _Writer()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.text
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise invalid_source() from error
    return bytes(writer.written)


def _refuse_entity(*_declared: object) -> None:
    """Entities can grow without bound, and no drawing needs them."""
    raise ValueError("an SVG declares an entity")


class _Writer:
    """Writes what is allowed while it is read."""

    def __init__(self) -> None:
        self.written = bytearray()  # a list of as many texts would take ten times as much
        self._elements = 0
        self._open: list[str] = []
        self._skipped = 0  # how deep we are in an element that is left out
        self._style: list[str] = []

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if not self._open and not self._skipped and (namespace, local) != (_SVG, "svg"):
            raise ValueError("the root is no svg")
        if len(self._open) + self._skipped > _DEEPEST:
            raise ValueError("nested too deeply")
        self._elements += 1
        if self._elements > _MOST_ELEMENTS:
            raise ValueError("too many elements")
        if self._skipped or namespace != _SVG or local not in _ELEMENTS or _aims(local, attributes):
            self._skipped += 1
            return
        first = "" if self._open else f' xmlns="{_SVG}" xmlns:xlink="{_XLINK}"'
        written = "".join(_attributes(local, attributes))
        self._write(f"<{local}{first}{written}>")
        self._open.append(local)

    def end(self, _name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        local = self._open.pop()
        if local == "style":
            style = "".join(self._style)
            self._style.clear()
            if not _FOREIGN_URL.search(style.lower()):
                self._write(escape(style))
        self._write(f"</{local}>")

    def text(self, text: str) -> None:
        if self._skipped or not self._open:
            return
        if self._open[-1] == "style":
            self._style.append(text)
        else:
            self._write(escape(text))

    def _write(self, text: str) -> None:
        self.written += text.encode()


def _aims(local: str, attributes: Mapping[str, str]) -> bool:
    """Say whether an animation changes where something leads, or what happens."""
    aim = attributes.get("attributeName", "").strip().lower()
    return local in _ANIMATIONS and (aim.startswith("on") or aim.endswith("href"))


def _attributes(local: str, attributes: Mapping[str, str]) -> list[str]:
    written = []
    for name, value in attributes.items():
        namespace, _, plain = name.rpartition(" ")
        if plain == "href" and namespace in {"", _XLINK}:
            if not _leads_nowhere(local, value):
                continue
            plain = "xlink:href" if namespace else plain
        elif namespace == _XML and plain in {"space", "lang"}:
            plain = f"xml:{plain}"
        elif namespace or plain.lower().startswith("on") or _suspicious(plain, value):
            continue
        written.append(f" {plain}={quoteattr(value)}")
    return written


def _leads_nowhere(local: str, value: str) -> bool:
    value = value.strip()
    return value.startswith("#") or (
        local in _PICTURES and _DATA_PICTURE.fullmatch(value) is not None
    )


def _suspicious(name: str, value: str) -> bool:
    """Say whether a value loads something; an animation's values are styles as well."""
    lowered = value.lower()
    if "script:" in lowered:
        return True
    return (name == "style" or "url" in lowered) and bool(_FOREIGN_URL.search(lowered))
