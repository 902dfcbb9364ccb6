"""The root of the tree, and what is wrong with a setting."""

from __future__ import annotations


class HipFlaskError(Exception):
    """Base of every error that Hipflask raises on purpose.

    ``message`` says what failed and why; ``hint`` says what to do next.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(HipFlaskError):
    """A setting is missing, weak or malformed. The message names it."""
