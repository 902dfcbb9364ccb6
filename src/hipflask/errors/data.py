"""The database says no; the whole tree is drawn in the package."""

from __future__ import annotations

from hipflask.errors.base import HipFlaskError


class DataError(HipFlaskError):
    """The database says no. ``sqlstate`` is PostgreSQL's code, empty when there is none."""

    def __init__(self, message: str, *, hint: str = "", sqlstate: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sqlstate = sqlstate


class RowHidden(DataError):
    """A row-level security policy, or a missing grant, forbids it (42501)."""

    def __init__(self, message: str, *, table: str | None = None, sqlstate: str = "42501") -> None:
        super().__init__(message, sqlstate=sqlstate)
        self.table = table


class ConstraintBroken(DataError):
    """A row would break a constraint of the schema."""

    def __init__(
        self,
        message: str,
        *,
        constraint: str | None = None,
        table: str | None = None,
        column: str | None = None,
        detail: str | None = None,
        sqlstate: str = "",
    ) -> None:
        super().__init__(message, sqlstate=sqlstate)
        self.constraint = constraint
        self.table = table
        self.column = column
        self.detail = detail


class Conflict(ConstraintBroken):
    """The same value, or an overlapping one, is already there."""


class ReferenceBroken(ConstraintBroken):
    """A row points to one that is not there, or is still pointed to."""


class ValueMissing(ConstraintBroken):
    """A column that must have a value got none."""


class CheckBroken(ConstraintBroken):
    """A value breaks a check of the table or of the domain."""


class ValueRefused(DataError):
    """A value does not fit: not a number, not a date, too long, out of range."""


class QueryRefused(DataError):
    """The statement itself is wrong; this is a mistake in the program."""


class TransactionLost(DataError):
    """Another transaction was in the way (serialization or deadlock); the same again may work."""


class StatementTimeout(DataError):
    """The statement or the wait for a lock took longer than it may."""


class DatabaseReadOnly(DataError):
    """The database takes no writes (a Supabase project over its disk quota does this)."""


class DatabaseUnavailable(DataError):
    """The database cannot be reached, is starting, stopping, paused or full."""

    def __init__(self, message: str, *, reason: str, hint: str = "", sqlstate: str = "") -> None:
        super().__init__(message, hint=hint, sqlstate=sqlstate)
        self.reason = reason
