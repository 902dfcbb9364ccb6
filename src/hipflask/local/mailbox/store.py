"""Where the mail lies: one ``.eml`` file per message, or memory alone for tests."""

from __future__ import annotations

import contextlib
import re
import secrets
import string
import threading
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path

from hipflask.local.mailbox.message import Envelope, StoredMessage
from hipflask.local.mailbox.search import matches
from hipflask.protocol.clock import Clock, SystemClock

MOST_MESSAGES = 500  # as Mailpit's MP_MAX_MESSAGES
_ALPHABET = string.ascii_letters + string.digits
_FILE = re.compile(r"(\d{13,})-([A-Za-z0-9]+)\.eml")


def new_message_id() -> str:
    """Return 22 random characters, as long as Mailpit's."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(22))


class Mailbox:
    """Messages in the order of arrival. Safe to use from many threads.

    With a folder, mail survives a restart; the folder is read when the mailbox is first used.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        clock: Clock | None = None,
        new_id: Callable[[], str] = new_message_id,
        most: int = MOST_MESSAGES,
    ) -> None:
        self.folder = folder
        self._clock = clock or SystemClock()
        self._new_id = new_id
        self._most = most
        self._changed = threading.Condition(threading.RLock())
        self._messages: dict[str, StoredMessage] = {}
        self._files: dict[str, Path] = {}
        self._loaded = folder is None
        self._revision = 0

    @property
    def revision(self) -> int:
        """A number that grows with every change."""
        with self._changed:
            return self._revision

    def deliver(self, raw: bytes, envelope: Envelope) -> StoredMessage:
        """Keep a mail. The oldest go when there are more than ``most``."""
        with self._changed:
            self._load()
            message = StoredMessage(
                id=self._new_id(),
                raw=_traced(raw, envelope),
                created=self._clock.now(),
                envelope=envelope,
            )
            self._messages[message.id] = message
            if self.folder is not None:
                self._files[message.id] = _write(self.folder, message)
            while len(self._messages) > self._most:
                self._remove(next(iter(self._messages)))
            self._has_changed()
            return message

    def messages(self, query: str = "") -> list[StoredMessage]:
        """Return the messages that match Mailpit's search words, oldest first."""
        with self._changed:
            self._load()
            every = list(self._messages.values())
        return [message for message in every if matches(query)(message)] if query else every

    def get(self, message_id: str) -> StoredMessage | None:
        """Return one message, or the newest when ``message_id`` is ``latest``."""
        with self._changed:
            self._load()
            if message_id == "latest":
                return next(reversed(self._messages.values()), None)
            return self._messages.get(message_id)

    def mark(self, message_ids: Iterable[str] | None, *, read: bool) -> None:
        """Say which messages have been read; ``None`` means all."""
        with self._changed:
            self._load()
            for message_id in list(self._messages) if message_ids is None else message_ids:
                if message := self._messages.get(message_id):
                    message.read = read
            self._has_changed()

    def delete(self, message_ids: Iterable[str] | None = None) -> None:
        """Delete some messages, or all. Ids that nobody has are passed over."""
        with self._changed:
            self._load()
            for message_id in list(self._messages) if message_ids is None else message_ids:
                self._remove(message_id)
            self._has_changed()

    def wait_for(
        self, *, to: str | None = None, subject: str | None = None, timeout: float = 5.0
    ) -> StoredMessage:
        """Return the newest message for an address, waiting for it when it is not there yet.

        Raises ``TimeoutError``. Waits for a delivery, not in steps.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for message in reversed(self.messages()):
                    if _fits(message, to, subject):
                        return message
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError(f"no mail for {to or 'anybody'} within {timeout:g} s")

    def __len__(self) -> int:
        return len(self.messages())

    def _has_changed(self) -> None:
        self._revision += 1
        self._changed.notify_all()

    def _remove(self, message_id: str) -> None:
        self._messages.pop(message_id, None)
        if path := self._files.pop(message_id, None):
            # A file that a virus scanner holds open comes back at the next start, no worse.
            with contextlib.suppress(OSError):
                path.unlink()

    def _load(self) -> None:
        if self._loaded or self.folder is None:
            return
        self._loaded = True
        if not self.folder.is_dir():
            return
        for path in sorted(self.folder.iterdir()):
            if (match := _FILE.fullmatch(path.name)) and (message := _read(path, match)):
                self._messages[message.id] = message
                self._files[message.id] = path


def _fits(message: StoredMessage, to: str | None, subject: str | None) -> bool:
    addresses = {person.address.lower() for person in (*message.to, *message.bcc)}
    if to is not None and to.lower() not in addresses:
        return False
    return subject is None or subject.lower() in message.subject.lower()


def _traced(raw: bytes, envelope: Envelope) -> bytes:
    """Put the envelope before the mail (RFC 5321, section 4.4), so that the file tells it."""
    lines = [f"Return-Path: <{envelope.sender}>"]
    lines += [f"Delivered-To: {recipient}" for recipient in envelope.recipients]
    clean = (line.replace("\r", "").replace("\n", "") for line in lines)
    return "".join(f"{line}\r\n" for line in clean).encode("utf-8", "surrogateescape") + raw


def _write(folder: Path, message: StoredMessage) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    moment = int(message.created.timestamp() * 1000)
    path = folder / f"{moment:013d}-{message.id}.eml"
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(message.raw)
    unfinished.replace(path)
    return path


def _read(path: Path, match: re.Match[str]) -> StoredMessage | None:
    try:
        raw = path.read_bytes()
    except OSError:
        return None
    head = message_from_bytes(raw)
    return StoredMessage(
        id=match[2],
        raw=raw,
        created=datetime.fromtimestamp(int(match[1]) / 1000, UTC),
        envelope=Envelope(
            sender=str(head.get("Return-Path", "")).strip("<> "),
            recipients=tuple(str(line).strip() for line in head.get_all("Delivered-To", [])),
        ),
        read=True,
    )
