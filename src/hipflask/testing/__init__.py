"""The pytest plugin: a fresh Supabase-shaped backend per test in milliseconds.

Knows `local`, never `kit`: it serves every project that uses Supabase from Python. Nothing heavy
is imported before a test asks for a backend, so that pytest stays fast where none does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hipflask.testing.accounts import SignedIn, TestUser
    from hipflask.testing.backend import SupabaseBackend
    from hipflask.testing.clock import MovableClock
    from hipflask.testing.mailbox import Message, TestMailbox

__all__ = ["Message", "MovableClock", "SignedIn", "SupabaseBackend", "TestMailbox", "TestUser"]

_HOMES = {
    "Message": "mailbox",
    "MovableClock": "clock",
    "SignedIn": "accounts",
    "SupabaseBackend": "backend",
    "TestMailbox": "mailbox",
    "TestUser": "accounts",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
