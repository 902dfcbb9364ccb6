"""Phones by the side of the official clients: a message is a mail to a number's own address."""

from __future__ import annotations

from typing import Any, Final

from hipflask.testing import SupabaseBackend

PHONE: Final = "41790000001"
OTHER_PHONE: Final = "41790000002"
#: Settings of a test: sign-up by phone is on, and a number must be confirmed.
CONFIRMED: Final[dict[str, Any]] = {
    "email": {"enable_confirmations": True},
    "sms": {"enable_signup": True, "enable_confirmations": True},
}


def code_to(backend: SupabaseBackend, phone: str = PHONE) -> str:
    """Return the code of the last message to a number."""
    return backend.mailbox.latest(to=f"+{phone}@phone.invalid").code


def messages_to(backend: SupabaseBackend, phone: str = PHONE) -> int:
    """Return how many messages a number has got."""
    return len(backend.mailbox.messages(to=f"+{phone}@phone.invalid"))
