"""Words that several steps share. Pure."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 secret``, ``2 secrets``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
