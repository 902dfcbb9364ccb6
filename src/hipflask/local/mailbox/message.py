"""One mail of the mailbox, parsed when it is first looked at."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from functools import cached_property

from hipflask.local.mailbox.reading import readable

_CODE = re.compile(r"(?<![\w/=.&?+-])\d{6,10}(?![\w/=&+-])")
_URL = re.compile(r"https?://[^\s<>\"'\]]+")
_SNIPPET = 250


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who SMTP says it is from and for; the header lines may say otherwise."""

    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """A name (may be empty) and an address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Link:
    """Somewhere the mail leads, and the words it is under."""

    url: str
    words: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not the body; ``content_id`` is what ``cid:`` addresses name."""

    part_id: str
    file_name: str
    content_type: str
    content_id: str
    inline: bool
    content: bytes

    @property
    def sha256(self) -> str:
        """The checksum in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(eq=False)
class StoredMessage:
    """A mail as it came in, and when. ``raw`` begins with the envelope's trace lines."""

    id: str
    raw: bytes
    created: datetime
    envelope: Envelope
    read: bool = False

    @cached_property
    def mime(self) -> EmailMessage:
        """The parsed mail."""
        return message_from_bytes(self.raw, policy=policy.default)

    @cached_property
    def subject(self) -> str:
        """The decoded subject."""
        return self.header("Subject")

    @cached_property
    def message_id(self) -> str:
        """The Message-ID without its angle brackets."""
        return self.header("Message-ID").strip().strip("<>")

    @cached_property
    def sender(self) -> Address:
        """The From line."""
        found = self.addresses("From")
        return found[0] if found else Address("", self.envelope.sender)

    @cached_property
    def to(self) -> tuple[Address, ...]:
        """The To line."""
        return self.addresses("To")

    @cached_property
    def bcc(self) -> tuple[Address, ...]:
        """Recipients of the envelope that no header line names."""
        named = {a.address.lower() for line in ("To", "Cc", "Bcc") for a in self.addresses(line)}
        hidden = (r for r in self.envelope.recipients if r.lower() not in named)
        return self.addresses("Bcc") + tuple(Address("", recipient) for recipient in hidden)

    @cached_property
    def date(self) -> datetime:
        """The Date line, or when the mail came in."""
        try:
            date = parsedate_to_datetime(self.header("Date"))
        except (TypeError, ValueError):
            return self.created
        return date if date.tzinfo else date.replace(tzinfo=self.created.tzinfo)

    @cached_property
    def html(self) -> str:
        """The HTML part; empty when there is none."""
        return self._body("html")

    @cached_property
    def text(self) -> str:
        """The text part; made from the HTML one when there is none."""
        return self._body("plain") or readable(self.html).text

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """Everything the mail leads to by http, each once, in order."""
        found = [Link(url, words) for url, words in readable(self.html).links]
        found += [Link(url.rstrip(".,;:!?)"), "") for url in _URL.findall(self._body("plain"))]
        first: dict[str, Link] = {}
        for link in found:
            if link.url.startswith(("http://", "https://")):
                first.setdefault(link.url, link)
        return tuple(first.values())

    @cached_property
    def code(self) -> str:
        """The one-time code of six to ten digits; empty when there is none."""
        match = _CODE.search(_URL.sub(" ", self.text))
        return match.group() if match else ""

    @cached_property
    def snippet(self) -> str:
        """How the text begins, on one line."""
        return " ".join(self.text.split())[:_SNIPPET]

    @cached_property
    def attachments(self) -> tuple[Attachment, ...]:
        """Every part that is not a body, numbered as they stand in the mail."""
        bodies = {id(self.mime.get_body((kind,))) for kind in ("html", "plain")}
        found = []
        for number, part in enumerate(self.mime.walk()):
            if part.is_multipart() or id(part) in bodies:
                continue
            content_id = str(part.get("Content-ID", "")).strip("<> ")
            content = part.get_payload(decode=True)
            found.append(
                Attachment(
                    part_id=str(number),
                    file_name=part.get_filename() or "",
                    content_type=part.get_content_type(),
                    content_id=content_id,
                    inline=part.get_content_disposition() == "inline" or bool(content_id),
                    content=content if isinstance(content, bytes) else b"",
                )
            )
        return tuple(found)

    @cached_property
    def search_text(self) -> str:
        """What a search looks through, in lower case."""
        people = (self.sender, *self.to, *self.addresses("Cc"), *self.bcc)
        names = " ".join(f"{person.name} {person.address}" for person in people)
        return f"{self.subject} {names} {self.text}".lower()

    def header(self, name: str) -> str:
        """Return a decoded header line; a line that cannot be decoded is empty."""
        try:
            return str(self.mime[name] or "")
        except (ValueError, IndexError):
            # The parser of Python's email package gives up on some malformed lines.
            return ""

    def addresses(self, name: str) -> tuple[Address, ...]:
        """Return the people in a header line."""
        return tuple(
            Address(words, address)
            for words, address in getaddresses([self.header(name)])
            if address
        )

    def _body(self, kind: str) -> str:
        try:
            part = self.mime.get_body((kind,))
            return "" if part is None else str(part.get_content())
        except (KeyError, LookupError, ValueError):
            # An unknown charset or transfer encoding: show what is there.
            payload = part.get_payload(decode=True) if part is not None else b""
            return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
