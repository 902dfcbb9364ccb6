"""What counts as a phone number (E.164)."""

from __future__ import annotations


def normalised_phone(text: str) -> str:
    """Return ``text`` without spaces and without the leading plus."""
    return text.removeprefix("+").replace(" ", "")
