"""Follow the HTML of a template, to know in what place a value lands.

A coarse version of the state machine of the HTML tokenizer (HTML standard, section 13.2.5), fed
with the template's own text only: values are escaped, so they cannot change the state.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_RAW_ELEMENTS = {"script": "script", "style": "style", "textarea": "rcdata", "title": "rcdata"}
_URL_ATTRIBUTES = frozenset(
    {
        *("action", "archive", "background", "cite", "classid", "codebase", "data", "formaction"),
        *("href", "icon", "longdesc", "manifest", "poster", "profile", "src", "usemap", "xmlns"),
        "srcset",
    }
)
_SPACE = " \t\r\n\f"


class Place(Enum):
    """What a value becomes part of."""

    TEXT = "text"
    COMMENT = "comment"
    TAG = "tag"
    ATTRIBUTE = "attribute"
    URL = "url"
    STYLE = "style"
    SCRIPT = "script"
    SCRIPT_STRING = "script string"


_PLACES = {
    "text": Place.TEXT,
    "rcdata": Place.TEXT,
    "comment": Place.COMMENT,
    "style": Place.STYLE,
}


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the next value lands."""

    place: Place
    quoted: bool = True
    """False in an attribute value without quotes, where spaces must be escaped too."""
    url_part: str = ""
    """For a URL: "start", "path" or "query"."""
    in_attribute: bool = False


class HtmlPosition:
    """The place in the HTML after everything that was fed so far."""

    def __init__(self) -> None:
        self._state = "text"
        self._tag = ""
        self._closing_tag = False
        self._attribute = ""
        self._quote = ""
        self._url_part = "start"
        self._script_quote = ""

    def feed(self, text: str) -> str:
        """Move over a piece of the template; return it without HTML comments, as Go does."""
        kept: list[str] = []
        position = 0
        while position < len(text):
            was_comment = self._state == "comment"
            end = getattr(self, f"_in_{self._state}")(text, position)
            becomes_comment = self._state == "comment" and not was_comment
            if becomes_comment:
                kept.append(text[position : end - len("<!--")])
            elif not was_comment:
                kept.append(text[position:end])
            position = end
        return "".join(kept)

    def value(self) -> Spot:
        """Say where a value lands that is written now, and count it as written."""
        if self._state == "before_value":
            self._begin_value("")
        if self._state in ("tag", "attribute_name", "after_name"):
            self._state = "attribute_name"
            return Spot(Place.TAG)
        if self._state == "value":
            return self._attribute_spot()
        if self._state == "script":
            return Spot(Place.SCRIPT_STRING if self._script_quote else Place.SCRIPT)
        return Spot(_PLACES[self._state])

    def _attribute_spot(self) -> Spot:
        quoted = self._quote != ""
        match _attribute_kind(self._attribute):
            case "url":
                return Spot(Place.URL, quoted, self._url_part, in_attribute=True)
            case "style":
                return Spot(Place.STYLE, quoted, in_attribute=True)
            case "script":
                place = Place.SCRIPT_STRING if self._script_quote else Place.SCRIPT
                return Spot(place, quoted, in_attribute=True)
        return Spot(Place.ATTRIBUTE, quoted, in_attribute=True)

    # One method per state: takes the text and a position, returns the position it got to.

    def _in_text(self, text: str, position: int) -> int:
        start = text.find("<", position)
        if start < 0:
            return len(text)
        if text.startswith("<!--", start):
            self._state = "comment"
            return start + len("<!--")
        found = re.compile(r"<(/?)([A-Za-z][^\s/>]*)").match(text, start)
        if found is None:
            return start + 1
        self._closing_tag, self._tag = found[1] == "/", found[2].lower()
        self._state = "tag"
        return found.end()

    def _in_comment(self, text: str, position: int) -> int:
        end = text.find("-->", position)
        if end < 0:
            return len(text)
        self._state = "text"
        return end + len("-->")

    def _in_tag(self, text: str, position: int) -> int:
        while position < len(text) and text[position] in _SPACE + "/":
            position += 1
        if position == len(text):
            return position
        if text[position] == ">":
            self._state = "text" if self._closing_tag else _RAW_ELEMENTS.get(self._tag, "text")
            self._script_quote = ""
            return position + 1
        self._state, self._attribute = "attribute_name", ""
        return position

    def _in_attribute_name(self, text: str, position: int) -> int:
        found = re.compile(r"[^\s=>/]*").match(text, position)
        assert found is not None
        self._attribute += found[0].lower()
        if found.end() < len(text):
            self._state = "after_name"
        return found.end()

    def _in_after_name(self, text: str, position: int) -> int:
        while position < len(text) and text[position] in _SPACE:
            position += 1
        if position == len(text):
            return position
        if text[position] == "=":
            self._state = "before_value"
            return position + 1
        self._state = "tag"
        return position

    def _in_before_value(self, text: str, position: int) -> int:
        while position < len(text) and text[position] in _SPACE:
            position += 1
        if position == len(text):
            return position
        if text[position] == ">":
            self._state = "tag"
            return position
        quoted = text[position] in "\"'"
        self._begin_value(text[position] if quoted else "")
        return position + 1 if quoted else position

    def _begin_value(self, quote: str) -> None:
        self._state, self._quote = "value", quote
        self._url_part, self._script_quote = "start", ""

    def _in_value(self, text: str, position: int) -> int:
        end = position
        stops = self._quote or _SPACE + ">"
        while end < len(text) and text[end] not in stops:
            end += 1
        self._over_value(text[position:end])
        if end < len(text):
            self._state = "tag"
            return end + 1 if self._quote else end
        return end

    def _over_value(self, text: str) -> None:
        if "?" in text or "#" in text:
            self._url_part = "query"
        elif text.strip() and self._url_part == "start":
            self._url_part = "path"
        self._over_script(text)

    def _in_rcdata(self, text: str, position: int) -> int:
        return self._raw(text, position)

    def _in_style(self, text: str, position: int) -> int:
        return self._raw(text, position)

    def _in_script(self, text: str, position: int) -> int:
        return self._raw(text, position)

    def _raw(self, text: str, position: int) -> int:
        """Move over the content of an element that ends only at its own closing tag."""
        closing = re.compile(rf"</(?={re.escape(self._tag)}[\s/>])", re.IGNORECASE)
        found = closing.search(text, position)
        end = found.start() if found else len(text)
        self._over_script(text[position:end])
        if found is None:
            return end
        self._state = "text"
        return self._in_text(text, end)

    def _over_script(self, text: str) -> None:
        escaped = False
        for character in text:
            if escaped:
                escaped = False
            elif self._script_quote and character == "\\":
                escaped = True
            elif self._script_quote:
                if character == self._script_quote:
                    self._script_quote = ""
            elif character in "\"'`":
                self._script_quote = character


def _attribute_kind(name: str) -> str:
    """Classify an attribute as html/template does, also behind data- and a namespace."""
    name = name.removeprefix("data-")
    prefix, colon, local = name.partition(":")
    if colon:
        if prefix == "xmlns":
            return "url"
        name = local
    if name in _URL_ATTRIBUTES or any(part in name for part in ("src", "uri", "url")):
        return "url"
    if name == "style":
        return "style"
    return "script" if name.startswith("on") else "plain"
