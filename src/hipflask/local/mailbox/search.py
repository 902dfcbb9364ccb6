"""Mailpit's search filters: ``to:``, ``from:``, ``subject:``, ``is:unread``, "a phrase", ``-not``.

The rules are those of Mailpit's ``internal/storage/search.go``; tags, dates and sizes, which
nobody needs in a mailbox that is emptied daily, match nothing in particular.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hipflask.local.mailbox.message import Address, StoredMessage

Rule = Callable[[StoredMessage], bool]

_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')


def matches(query: str) -> Rule:
    """Return a test for one message; all words of the query must fit."""
    rules = [_rule(word) for word in _WORD.findall(query)]
    return lambda message: all(rule(message) for rule in rules)


def _rule(word: str) -> Rule:
    if word[:1] in "-!" and len(word) > 1:
        positive = _rule(word[1:])
        return lambda message: not positive(message)
    field, colon, rest = word.partition(":")
    wanted = rest.replace('"', "").lower()
    if colon and (make := _FIELDS.get(field.lower())):
        return make(wanted)
    text = word.replace('"', "").lower()
    return lambda message: text in message.search_text


def _people(*lines: str) -> Callable[[str], Rule]:
    def make(wanted: str) -> Rule:
        def rule(message: StoredMessage) -> bool:
            return any(_names(wanted, _line(message, line)) for line in lines)

        return rule

    return make


def _line(message: StoredMessage, line: str) -> tuple[Address, ...]:
    if line == "Bcc":
        return message.bcc
    if line == "From":
        return (message.sender,)
    return message.addresses(line)


def _names(wanted: str, people: tuple[Address, ...]) -> bool:
    return any(wanted in f"{person.name} <{person.address}>".lower() for person in people)


def _is(wanted: str) -> Rule:
    if wanted == "unread":
        return lambda message: not message.read
    return lambda message: wanted == "read" and message.read


def _has(wanted: str) -> Rule:
    inline = wanted.startswith("inline")
    return lambda message: any(each.inline == inline for each in message.attachments)


_FIELDS: dict[str, Callable[[str], Rule]] = {
    "to": _people("To"),
    "from": _people("From"),
    "cc": _people("Cc"),
    "bcc": _people("Bcc"),
    "reply-to": _people("Reply-To"),
    "addressed": _people("To", "From", "Cc", "Bcc", "Reply-To"),
    "subject": lambda wanted: lambda message: wanted in message.subject.lower(),
    "message-id": lambda wanted: lambda message: wanted in message.message_id.lower(),
    "is": _is,
    "has": _has,
}
