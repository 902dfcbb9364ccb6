"""What a person reads in an HTML mail: its words, and where its links lead."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_UNSEEN = {"style", "script", "title", "head"}
_BREAKS = {"p", "br", "div", "tr", "h1", "h2", "h3", "h4", "li", "table", "hr"}


def readable(html: str) -> Reading:
    """Read an HTML part to its end, however broken it is."""
    reading = Reading()
    reading.feed(html)
    reading.close()
    return reading


class Reading(HTMLParser):
    """Collects the words that are seen and the links with the words they are under."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[tuple[str, str]] = []
        self._words: list[str] = []
        self._unseen = 0
        self._open_link: str | None = None
        self._link_words: list[str] = []

    @property
    def text(self) -> str:
        """The words, one line per block."""
        joined = re.sub(r"[ \t\r\f\v]+", " ", "".join(self._words))
        return re.sub(r" ?\n[ \n]*", "\n", joined).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._unseen += 1
        if tag in _BREAKS:
            self._words.append("\n")
        if tag == "a":
            self._finish_link()
            self._open_link = dict(attrs).get("href")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN and self._unseen:
            self._unseen -= 1
        if tag == "a":
            self._finish_link()

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        self._words.append(data)
        if self._open_link is not None:
            self._link_words.append(data)

    def close(self) -> None:
        super().close()
        self._finish_link()

    def _finish_link(self) -> None:
        if self._open_link:
            words = " ".join("".join(self._link_words).split())
            self.links.append((self._open_link.strip(), words))
        self._open_link = None
        self._link_words = []
