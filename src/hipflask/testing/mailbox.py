"""Reading the mail that a test has caused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from functools import cached_property
from html.parser import HTMLParser
from typing import Protocol, cast

CODE = re.compile(r"(?<![\w/=.&?-])\d{6,10}(?![\w/=&-])")
ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")


class _Stored(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def raw(self) -> bytes: ...


class _Store(Protocol):
    def messages(self) -> list[_Stored]: ...


@dataclass(frozen=True)
class Message:
    """One mail as its reader sees it."""

    id: str
    raw: bytes

    @cached_property
    def mime(self) -> EmailMessage:
        """The parsed mail, for what has no property of its own."""
        return cast(EmailMessage, message_from_bytes(self.raw, policy=policy.default))

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return str(self.mime["Subject"] or "")

    @property
    def sender(self) -> str:
        """The address in the From line, without the name."""
        return next((address for _, address in getaddresses([str(self.mime["From"] or "")])), "")

    @property
    def to(self) -> tuple[str, ...]:
        """The addresses in the To line, without names."""
        return tuple(address for _, address in getaddresses([str(self.mime["To"] or "")]))

    @cached_property
    def html(self) -> str:
        """The HTML part; empty when there is none."""
        return self._body("html")

    @cached_property
    def text(self) -> str:
        """The text part; made from the HTML one when there is none."""
        return self._body("plain") or _Reader.read(self.html).text

    @cached_property
    def links(self) -> tuple[str, ...]:
        """Every address the mail links to, in order, each once."""
        found = _Reader.read(self.html).links or ADDRESS.findall(self.text)
        return tuple(dict.fromkeys(found))

    @property
    def link(self) -> str:
        """The first link; LookupError when there is none."""
        if not self.links:
            raise LookupError(f"the mail {self.subject!r} has no link; its text is:\n{self.text}")
        return self.links[0]

    @property
    def code(self) -> str:
        """The one-time code of six to ten digits; LookupError when there is none."""
        match = CODE.search(ADDRESS.sub(" ", self.text)) or CODE.search(
            _Reader.read(self.html).text
        )
        if match is None:
            raise LookupError(f"the mail {self.subject!r} has no code; its text is:\n{self.text}")
        return match.group()

    def _body(self, kind: str) -> str:
        part = self.mime.get_body((kind,))
        return "" if part is None else str(part.get_content())


class TestMailbox:
    """The mail of one backend, newest last."""

    __test__ = False  # not a test case, whatever pytest reads from the name

    def __init__(self, store: _Store) -> None:
        self._store = store

    def messages(self, *, to: str | None = None, subject: str | None = None) -> list[Message]:
        """Return the mails in the order of arrival.

        ``to`` is a whole address, compared without regard to case; ``subject`` a part of one.
        """
        every = [Message(id=stored.id, raw=stored.raw) for stored in self._store.messages()]
        return [message for message in every if _fits(message, to, subject)]

    def latest(self, *, to: str | None = None, subject: str | None = None) -> Message:
        """Return the newest mail that fits; LookupError says what is there instead."""
        found = self.messages(to=to, subject=subject)
        if found:
            return found[-1]
        wanted = " ".join(
            [f"to {to}" if to else "", f"with {subject!r} in its subject" if subject else ""]
        ).strip()
        there = [f"{mail.subject!r} to {', '.join(mail.to)}" for mail in self.messages()]
        raise LookupError(
            f"no mail {wanted or 'at all'}; the mailbox holds: {'; '.join(there) or 'nothing'}"
        )

    def __len__(self) -> int:
        return len(self._store.messages())


def _fits(message: Message, to: str | None, subject: str | None) -> bool:
    if to is not None and to.lower() not in (address.lower() for address in message.to):
        return False
    return subject is None or subject in message.subject


class _Reader(HTMLParser):
    """Collects the links and the visible text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self._words: list[str] = []
        self._hidden = 0

    @classmethod
    def read(cls, html: str) -> _Reader:
        reader = cls()
        reader.feed(html)
        reader.close()
        return reader

    @property
    def text(self) -> str:
        return re.sub(r"[ \t]*\n\s*", "\n", "".join(self._words)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href")
        if tag == "a" and href:
            self.links.append(href)
        if tag in ("style", "script", "title"):
            self._hidden += 1
        if tag in ("p", "br", "div", "tr", "h1", "h2", "h3", "li"):
            self._words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script", "title"):
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if self._hidden <= 0:
            self._words.append(data)
