"""The text part of a mail, derived from its HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from unicodedata import east_asian_width

_BLOCKS = frozenset(
    {
        *("address", "article", "blockquote", "center", "div", "dl", "footer", "form", "h1", "h2"),
        *("h3", "h4", "h5", "h6", "header", "main", "nav", "ol", "p", "pre", "section", "table"),
        *("tbody", "ul"),
    }
)
_LINES = frozenset({"br", "dd", "dt", "hr", "li", "tr"})
_UNSEEN = frozenset({"head", "script", "style", "title", "template"})
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "wbr"})


def plain_text(html: str) -> str:
    """Return what a reader sees, in lines; a link is followed by its address."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._pieces: list[str] = []
        self._unseen: list[str] = []
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        hidden = tag in _UNSEEN or "hidden" in given or _HIDDEN.search(given.get("style", ""))
        if tag not in _VOID and (self._unseen or hidden):
            self._unseen.append(tag)
        if self._unseen:
            return
        if tag in _BLOCKS:
            self._pieces.append("\n\n")
        elif tag in _LINES:
            self._pieces.append("\n- " if tag == "li" else "\n")
        elif tag == "img" and given.get("alt"):
            self._pieces.append(given["alt"])
        elif tag == "a":
            self._links.append((given.get("href", ""), len(self._pieces)))

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            if tag in self._unseen:
                while self._unseen.pop() != tag:
                    pass
            return
        if tag in _BLOCKS:
            self._pieces.append("\n\n")
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())

    def _end_link(self, address: str, start: int) -> None:
        label = " ".join("".join(self._pieces[start:]).split())
        if not address.startswith(("http:", "https:")) or label == address:
            return
        colon = "：" if label and east_asian_width(label[-1]) in "WF" else ":"
        self._pieces.append(f"{colon}\n{address}\n" if label else address)

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._pieces.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def text(self) -> str:
        lines = [line.strip() for line in "".join(self._pieces).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"
