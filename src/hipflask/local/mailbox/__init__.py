"""The mailbox of this machine: mail that the application sends on a laptop ends up here.

Knows nothing of Auth. Mail comes in by SMTP or by ``Mailbox.deliver``; people read it on a page,
tests by Mailpit's REST API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipflask.local.mailbox.message import Envelope, StoredMessage
from hipflask.local.mailbox.store import Mailbox

if TYPE_CHECKING:
    from hipflask.local.mailbox.app import create_mailbox_app
    from hipflask.local.mailbox.relay import Relay, RelaySettings
    from hipflask.local.mailbox.smtp import SmtpServer

__all__ = [
    "Envelope",
    "Mailbox",
    "Relay",
    "RelaySettings",
    "SmtpServer",
    "StoredMessage",
    "create_mailbox_app",
]

_HOMES = {
    "Relay": "relay",
    "RelaySettings": "relay",
    "SmtpServer": "smtp",
    "create_mailbox_app": "app",
}


def __getattr__(name: str) -> Any:
    """Import Flask, asyncio or smtplib only when somebody asks for what needs them."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
