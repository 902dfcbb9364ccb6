"""Whom to tell of a weakness, as RFC 9116 section 2.5.3 wants it said: by a URI."""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(r"[^\s@:/<>\"]+@[^\s@:/<>\"]+\.[^\s@:/<>\".]+")
_CONTACT: Final = re.compile(r"(?:mailto:\S+@\S+|https://\S+|tel:\+?[\d.()-]+)", re.ASCII)


def read_contacts(text: str) -> tuple[str, ...] | None:
    """Return the contacts as URIs, those that are preferred first; None when one is no contact."""
    contacts = [
        f"mailto:{each}" if _ADDRESS.fullmatch(each) else each
        for each in text.replace(",", " ").split()
    ]
    return tuple(contacts) if all(map(_CONTACT.fullmatch, contacts)) else None
