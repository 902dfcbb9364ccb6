"""Reading the mail that a test has caused."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

from hipflask.local.mailbox import Mailbox, StoredMessage


class Message:
    """One mail as a test looks at it."""

    def __init__(self, stored: StoredMessage) -> None:
        self._stored = stored

    @property
    def subject(self) -> str:
        """The decoded subject."""
        return self._stored.subject

    @property
    def sender(self) -> str:
        """The address in the From line, without the name."""
        return self._stored.sender.address

    @property
    def to(self) -> tuple[str, ...]:
        """The addresses it was sent to, without names."""
        return tuple(person.address for person in (*self._stored.to, *self._stored.bcc))

    @property
    def html(self) -> str:
        """The HTML part; empty when there is none."""
        return self._stored.html

    @property
    def text(self) -> str:
        """The text part; made from the HTML one when there is none."""
        return self._stored.text

    @property
    def links(self) -> tuple[str, ...]:
        """Every address the mail leads to, in order, each once."""
        return tuple(link.url for link in self._stored.links)

    @property
    def link(self) -> str:
        """The first link; LookupError when there is none."""
        if not self.links:
            raise LookupError(f"the mail {self.subject!r} has no link; its text is:\n{self.text}")
        return self.links[0]

    @property
    def code(self) -> str:
        """The one-time code of six to ten digits; LookupError when there is none."""
        if not self._stored.code:
            raise LookupError(f"the mail {self.subject!r} has no code; its text is:\n{self.text}")
        return self._stored.code

    @property
    def mime(self) -> EmailMessage:
        """The parsed mail, for what has no property of its own."""
        return self._stored.mime

    def __repr__(self) -> str:
        return f"<Message {self.subject!r} to {', '.join(self.to)}>"


class TestMailbox:
    """The mail of one backend. It was empty when the test began."""

    __test__ = False  # not a test case, whatever pytest reads from the name

    def __init__(self, store: Mailbox) -> None:
        self.store = store

    def messages(self, *, to: str | None = None, subject: str | None = None) -> list[Message]:
        """Return the mails, oldest first.

        ``to`` is a whole address, compared without regard to case; ``subject`` a part of one.
        """
        every = [Message(stored) for stored in self.store.messages()]
        return [message for message in every if _fits(message, to, subject)]

    def latest(self, *, to: str | None = None, subject: str | None = None) -> Message:
        """Return the newest mail that fits; LookupError says what is there instead."""
        found = self.messages(to=to, subject=subject)
        if found:
            return found[-1]
        raise LookupError(f"no mail {_wanted(to, subject)}; the mailbox holds: {self._content()}")

    def wait_for(
        self,
        *,
        to: str | None = None,
        subject: str | None = None,
        within: timedelta = timedelta(seconds=5),
    ) -> Message:
        """Like `latest`, for mail that another thread or process is still sending."""
        try:
            found = self.store.wait_for(to=to, subject=subject, timeout=within.total_seconds())
        except TimeoutError:
            raise LookupError(
                f"no mail {_wanted(to, subject)} came within {within.total_seconds():g} s;"
                f" the mailbox holds: {self._content()}"
            ) from None
        return Message(found)

    def clear(self) -> None:
        """Delete every mail."""
        self.store.delete()

    def __len__(self) -> int:
        return len(self.store)

    def _content(self) -> str:
        return ", ".join(repr(message) for message in self.messages()) or "nothing"


def _wanted(to: str | None, subject: str | None) -> str:
    words = [f"to {to}" if to else "", f"with {subject!r} in its subject" if subject else ""]
    return " ".join(word for word in words if word) or "at all"


def _fits(message: Message, to: str | None, subject: str | None) -> bool:
    if to is not None and to.lower() not in (address.lower() for address in message.to):
        return False
    return subject is None or subject.lower() in message.subject.lower()
