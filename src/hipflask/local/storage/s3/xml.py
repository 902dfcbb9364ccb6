"""S3's XML: written from plain values, read without trust."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from xml.parsers import expat
from xml.sax.saxutils import escape

from hipflask.local.storage.s3.errors import S3Error

NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"
CONTENT_TYPE: Final = "application/xml"
#: Enough for 10,000 parts or 1,000 long keys.
LARGEST: Final = 8 << 20
_DEEPEST: Final = 8
_MOST_ELEMENTS: Final = 100_000
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
#: What XML 1.0 cannot say, not even as a character reference.
_UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

#: A text; a moment; an element with children (None leaves one out, a list repeats one).
Value = str | int | bool | datetime | None | Mapping[str, "Value"] | Sequence["Value"]


def document(root: str, value: Value, *, namespace: str = NAMESPACE) -> bytes:
    """Return the document with the element ``root``."""
    attribute = f' xmlns="{namespace}"' if namespace else ""
    parts = [_DECLARATION, f"<{root}{attribute}>"]
    _write(parts, value)
    parts.append(f"</{root}>")
    return "".join(parts).encode()


def error_document(error: S3Error, resource: str, request_id: str) -> bytes:
    """Return the body of a refusal. Its root has no namespace: with one, boto3 finds no Code."""
    value = {
        "Code": error.code,
        "Message": error.message,
        **error.details,
        "Resource": resource,
        "RequestId": request_id,
    }
    return document("Error", value, namespace="")


def _write(parts: list[str], value: Value) -> None:
    if isinstance(value, Mapping):
        for name, child in value.items():
            repeated = isinstance(child, Sequence) and not isinstance(child, str)
            for one in child if repeated else [child]:  # type: ignore[union-attr]
                if one is not None:
                    parts.append(f"<{name}>")
                    _write(parts, one)
                    parts.append(f"</{name}>")
    elif isinstance(value, bool):
        parts.append("true" if value else "false")
    elif isinstance(value, datetime):
        parts.append(timestamp(value))
    elif value is not None:
        parts.append(escape(_UNSPEAKABLE.sub("\ufffd", str(value)), {"\r": "&#xD;"}))


def timestamp(moment: datetime) -> str:
    """Return ``moment`` as S3 writes it: ``2026-11-22T06:44:47.622Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Element:
    """An element that was read: its name without prefix, its text, its children."""

    name: str
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, name: str) -> list[Element]:
        """Return the children called ``name``."""
        return [child for child in self.children if child.name == name]

    def value(self, name: str) -> str | None:
        """Return the text of the first child called ``name``, or None."""
        found = self.all(name)
        return found[0].text if found else None


def parse(raw: bytes, root: str) -> Element:
    """Return the element ``root`` that ``raw`` is, with or without a namespace, or MalformedXML."""
    if len(raw) > LARGEST:
        raise S3Error("MalformedXML")
    reader = _Reader()
    try:
        reader.parser.Parse(raw, True)
    except (expat.ExpatError, UnicodeError):
        raise S3Error("MalformedXML") from None
    if reader.root is None or reader.root.name != root:
        raise S3Error("MalformedXML")
    return reader.root


class _Reader:
    """Builds elements. A DOCTYPE is refused: without one there are no entities to expand."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._left = _MOST_ELEMENTS
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._stop
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _start(self, name: str, _attributes: object) -> None:
        element = Element(name.rpartition(":")[2])
        self._left -= 1
        if len(self._open) >= _DEEPEST or self._left < 0:
            raise S3Error("MalformedXML")
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _stop(self, _name: str) -> None:
        self._open.pop()

    def _text(self, data: str) -> None:
        self._open[-1].text += data

    def _doctype(self, *_: object) -> None:
        raise S3Error("MalformedXML")
