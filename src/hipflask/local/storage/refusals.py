"""What an error means to a client of Storage, whatever its protocol."""

from __future__ import annotations

import logging

import psycopg
from psycopg_pool import PoolTimeout

from hipflask.local.storage.call import Call
from hipflask.local.storage.errors import (
    StorageError,
    disk_failure,
    from_database,
    invalid_request,
)
from hipflask.local.storage.render import RenderError, TransformationInvalid

_log = logging.getLogger(__name__)


def refusal_of(error: Exception, call: Call) -> StorageError:
    """Return what to tell the client about ``error``; what is our own fault goes into the log."""
    refusal = _refusal(error)
    if refusal.status >= 500:
        _log_failure(call, error)
    return refusal


def _refusal(error: Exception) -> StorageError:
    match error:
        case StorageError():
            return error
        case TransformationInvalid():
            return invalid_request(error.message, error="Error")
        case RenderError():
            return StorageError(error.code, error.message, status=error.status)
        case PoolTimeout():
            text = "The connection to the database timed out"
            return StorageError("DatabaseTimeout", text, status=544, http_status=544)
        case psycopg.Error() if error.sqlstate is not None:
            return from_database(error)
        case psycopg.DataError() | UnicodeEncodeError():  # NUL, or half a surrogate pair
            return invalid_request("The request holds text that cannot be kept", error="Error")
        case OSError() if not isinstance(error, ConnectionError | TimeoutError):
            return disk_failure(error)
        case _:
            return StorageError(
                "InternalError", "Internal Server Error", status=500, error="Internal"
            )


def _log_failure(call: Call, error: Exception) -> None:
    """Log what went wrong. Of a database error without its detail: that may be a whole row."""
    if isinstance(error, psycopg.Error) and error.sqlstate is not None:
        where = (call.method, call.raw_path, error.sqlstate)
        _log.error("%s %s: %s %s", *where, error.diag.message_primary)
        return
    _log.error("%s %s", call.method, call.raw_path, exc_info=error)
