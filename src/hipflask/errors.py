"""The one error tree of Hipflask. Every room may raise these; no room invents its own root.

HipFlaskError
    ConfigError             a setting is missing, weak or malformed
    StackError              the embedded stack cannot do what was asked
        PortInUse           (port, needed_for)
        AlreadyRunning      (pid, root)
        MigrationFailed     (file, line, sqlstate, statement)
        PublicTableWithoutRLS (tables)
"""

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


class StackError(HipFlaskError):
    """The embedded stack cannot do what was asked."""
