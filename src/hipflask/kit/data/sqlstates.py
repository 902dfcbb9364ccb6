"""One table from PostgreSQL's error codes to our errors.

Codes: PostgreSQL manual, Appendix A. A class of codes (the first two characters) has an entry,
and a single code may have its own. Errors without a code come from the client library; they go by
their class.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import psycopg

from hipflask.errors import (
    CheckBroken,
    Conflict,
    ConstraintBroken,
    DatabaseReadOnly,
    DatabaseUnavailable,
    DataError,
    QueryRefused,
    ReferenceBroken,
    RowHidden,
    StatementTimeout,
    TransactionLost,
    ValueMissing,
    ValueRefused,
)

BY_CLASS: Final[Mapping[str, type[DataError]]] = {
    "02": QueryRefused,  # no data
    "03": QueryRefused,  # SQL statement not yet complete
    "08": DatabaseUnavailable,  # connection exception
    "09": QueryRefused,  # triggered action exception
    "0A": QueryRefused,  # feature not supported
    "0B": QueryRefused,  # invalid transaction initiation
    "0F": QueryRefused,  # locator exception
    "0L": QueryRefused,  # invalid grantor
    "0P": QueryRefused,  # invalid role specification
    "0Z": QueryRefused,  # diagnostics exception
    "10": QueryRefused,  # XQuery error
    "20": QueryRefused,  # case not found
    "21": QueryRefused,  # cardinality violation
    "22": ValueRefused,  # data exception
    "23": ConstraintBroken,  # integrity constraint violation
    "24": QueryRefused,  # invalid cursor state
    "25": QueryRefused,  # invalid transaction state
    "26": QueryRefused,  # invalid SQL statement name: a prepared statement behind a pooler
    "27": QueryRefused,  # triggered data change violation
    "28": DatabaseUnavailable,  # invalid authorization: the login does not work
    "2B": QueryRefused,  # dependent privilege descriptors still exist
    "2D": QueryRefused,  # invalid transaction termination
    "2F": QueryRefused,  # SQL routine exception
    "34": QueryRefused,  # invalid cursor name
    "38": QueryRefused,  # external routine exception
    "39": QueryRefused,  # external routine invocation exception
    "3B": QueryRefused,  # savepoint exception
    "3D": DatabaseUnavailable,  # invalid catalog name: there is no such database
    "3F": QueryRefused,  # invalid schema name
    "40": TransactionLost,  # transaction rollback
    "42": QueryRefused,  # syntax error or access rule violation
    "44": CheckBroken,  # a row would leave its own view (with check option)
    "53": DatabaseUnavailable,  # insufficient resources
    "54": QueryRefused,  # program limit exceeded
    "55": QueryRefused,  # object not in prerequisite state
    "57": DatabaseUnavailable,  # operator intervention
    "58": DatabaseUnavailable,  # system error
    "72": QueryRefused,  # snapshot failure
    "F0": DatabaseUnavailable,  # configuration file error
    "HV": QueryRefused,  # foreign data wrapper
    "P0": QueryRefused,  # PL/pgSQL
    "XX": DataError,  # internal error
}

BY_CODE: Final[Mapping[str, type[DataError]]] = {
    "23001": ReferenceBroken,  # restrict violation
    "23502": ValueMissing,
    "23503": ReferenceBroken,
    "23505": Conflict,
    "23514": CheckBroken,
    "23P01": Conflict,  # exclusion
    "25006": DatabaseReadOnly,
    "25P03": DatabaseUnavailable,  # idle in transaction too long: the connection is gone
    "25P04": StatementTimeout,  # transaction timeout
    "42501": RowHidden,
    "55P03": StatementTimeout,  # lock not available
    "57014": StatementTimeout,  # query canceled
    "P0001": CheckBroken,  # raise exception in a trigger: a rule of the schema
}

# PEP 249's classes, for what the client library refuses itself.
BY_KIND: Final[Mapping[type[psycopg.Error], type[DataError]]] = {
    psycopg.IntegrityError: ConstraintBroken,
    psycopg.DataError: ValueRefused,
    psycopg.ProgrammingError: QueryRefused,
    psycopg.NotSupportedError: QueryRefused,
    psycopg.InternalError: DataError,
    psycopg.OperationalError: DatabaseUnavailable,
    psycopg.InterfaceError: DatabaseUnavailable,
}

_TABLE_IN_MESSAGE = re.compile(r'(?:for|on) (?:table|relation|view|sequence) "?([^"\s]+)"?')

# The server, a pooler and the client library each have their own words for being away.
_REASONS: Final = (
    ("tenant or user not found", "unknown_project"),
    ("password authentication failed", "password"),
    ("no password supplied", "password"),
    ("does not exist", "unknown_database"),
    ("emaxconn", "too_many_connections"),
    ("max clients reached", "too_many_connections"),
    ("remaining connection slots", "too_many_connections"),
    ("too many clients", "too_many_connections"),
    ("too many connections", "too_many_connections"),
    ("starting up", "starting"),
    ("shutting down", "stopping"),
    ("terminating connection", "stopping"),
    ("in recovery mode", "starting"),
    ("refused", "refused"),
    ("could not translate host name", "unknown_host"),
    ("failed to resolve host", "unknown_host"),
    ("network is unreachable", "unreachable"),
    ("timeout", "timeout"),
    ("timed out", "timeout"),
)

_HINTS: Final = {
    "unknown_project": "The Supabase project may be paused: resume it in the dashboard. Otherwise"
    " check the user name in DATABASE_URL (postgres.<project ref> for a pooler).",
    "password": "Check the user and the password in DATABASE_URL.",
    "unknown_database": "Check the database's name in DATABASE_URL.",
    "too_many_connections": "Lower DATABASE_POOL_SIZE or the number of instances, or use the"
    " transaction pooler (port 6543).",
    "refused": "Nothing listens there. On a laptop start it with `hipflask dev`.",
    "unknown_host": "Check the host in DATABASE_URL.",
    "unreachable": "Supabase's direct host speaks only IPv6: use the pooler's address instead.",
}


def class_for(error: type[psycopg.Error], sqlstate: str | None) -> type[DataError]:
    """Return our class for an error of psycopg."""
    if sqlstate:
        found = BY_CODE.get(sqlstate) or BY_CLASS.get(sqlstate[:2])
        if found is not None:
            return found
    for kind, ours in BY_KIND.items():
        if issubclass(error, kind):
            return ours
    return DataError


DRIVER_ERRORS: Final = (psycopg.Error, UnicodeEncodeError)
"""What a call of psycopg raises; the second for half of a surrogate pair, which JSON can smuggle in
(RFC 8259 section 8.2) and UTF-8 cannot hold."""


def translate(error: psycopg.Error | UnicodeEncodeError) -> DataError:
    """Return our error for psycopg's; the caller raises it ``from`` the original."""
    if isinstance(error, UnicodeEncodeError):
        return ValueRefused("A text holds a character that UTF-8 cannot write.", sqlstate="22021")
    if isinstance(error, psycopg.errors.PipelineAborted):
        # What was sent behind the statement that failed; psycopg may raise this one last.
        first = error.__context__
        error = first if isinstance(first, psycopg.Error) else error
    sqlstate = error.sqlstate or ""
    ours = class_for(type(error), error.sqlstate)
    message = error.diag.message_primary or str(error) or type(error).__name__
    if issubclass(ours, DatabaseUnavailable):
        return unavailable(message, sqlstate=sqlstate)
    if issubclass(ours, RowHidden):
        found = _TABLE_IN_MESSAGE.search(message)
        return ours(message, table=found[1] if found else None, sqlstate=sqlstate)
    if issubclass(ours, ConstraintBroken):
        diag = error.diag
        return ours(
            message,
            constraint=diag.constraint_name,
            table=diag.table_name,
            column=diag.column_name,
            detail=diag.message_detail,
            sqlstate=sqlstate,
        )
    return ours(message, hint=error.diag.message_hint or "", sqlstate=sqlstate)


def unavailable(message: str, *, sqlstate: str = "") -> DatabaseUnavailable:
    """Return a DatabaseUnavailable whose ``reason`` is read from the words of the message."""
    words = message.lower()
    reason = next((slug for part, slug in _REASONS if part in words), "lost")
    return DatabaseUnavailable(
        f"The database cannot be used: {message.strip()}",
        reason=reason,
        hint=_HINTS.get(reason, ""),
        sqlstate=sqlstate,
    )
