"""The answer to a request that failed: GoTrue's body, and a log line where it is our fault."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import psycopg
from psycopg_pool import PoolTimeout
from werkzeug.exceptions import HTTPException

from hipflask.local.auth.call import LARGEST_BODY
from hipflask.local.auth.errors import (
    API_VERSION_HEADER,
    AuthApiError,
    OAuthError,
    error_body,
    newest_version_at_most,
    request_too_large,
)
from hipflask.local.auth.routes import Answer

if TYPE_CHECKING:
    from werkzeug import Request

#: Statuses whose answers have no body (RFC 9110 section 6.4.1), and so nothing to say.
_WITHOUT_BODY: Final = (204, 205, 304)
_log = logging.getLogger(__name__)


def answer_to(error: Exception, request: Request) -> Answer:
    """Return what the client reads of ``error``; log it when the client is not to blame."""
    if isinstance(error, OAuthError):
        return Answer(error.as_json(), 400, {"Cache-Control": "no-store"})
    refusal = _as_api_error(error)
    error_id = ""
    if refusal.status >= 500:
        error_id = str(uuid4())
        _log_failure(error_id, error, request)
    version = newest_version_at_most(request.headers.get(API_VERSION_HEADER, ""))
    headers = {**refusal.headers, "x-sb-error-code": refusal.code}
    if version:
        headers[API_VERSION_HEADER] = version
        return Answer(error_body(refusal, version=version), refusal.status, headers)
    said_by_database = _from_database(error.__cause__) or _raised_by_project(error)
    if said_by_database is not None:
        return Answer(*said_by_database, headers)
    return Answer(error_body(refusal, error_id=error_id), refusal.status, headers)


def _log_failure(error_id: str, error: Exception, request: Request) -> None:
    """Log what went wrong. Of a database error without its detail: that may be a whole row."""
    said = next((one for one in (error, error.__cause__) if isinstance(one, psycopg.Error)), None)
    where = (request.method, request.path, error_id)
    if said is None or said.sqlstate is None:
        _log.error("%s %s: error %s", *where, exc_info=error)
        return
    frames = "".join(traceback.format_tb(said.__traceback__)).rstrip()
    reason = said.diag.message_primary
    _log.error("%s %s: error %s: %s %s\n%s", *where, said.sqlstate, reason, frames)


def _as_api_error(error: Exception) -> AuthApiError:
    match error:
        case AuthApiError():
            return error
        case HTTPException(code=413):
            return request_too_large(LARGEST_BODY)
        case HTTPException(code=404):
            return AuthApiError("unknown", "404 page not found")
        case HTTPException(code=int(status)) if status < 500:
            allowed = error.get_response().headers.get("Allow")
            headers = {"Allow": allowed} if allowed else None
            return AuthApiError("unknown", error.name, status=status, headers=headers)
        case PoolTimeout():
            return AuthApiError(
                "request_timeout",
                "Processing this request timed out, please retry after a moment.",
            )
        case _:
            return AuthApiError(
                "unexpected_failure",
                "Unexpected failure, please check server logs for more information",
            )


def _raised_by_project(error: Exception) -> tuple[dict[str, Any], int] | None:
    """Return what a trigger of the project's own said on purpose, wherever it struck."""
    if isinstance(error, psycopg.errors.RaiseException) or (
        isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith("PT")
    ):
        return _from_database(error)
    return None


def _from_database(cause: BaseException | None) -> tuple[dict[str, Any], int] | None:
    """Return what a trigger or constraint of the project's own SQL says, and its status.

    GoTrue shows integrity violations and ``raise exception`` as they are, and takes SQLSTATE
    ``PTxyz`` for status xyz (GoTrue, utilities/postgres.go).
    """
    if not isinstance(cause, psycopg.Error) or cause.sqlstate is None:
        return None
    state = cause.sqlstate
    if state.startswith("PT") and state[2:].isdigit():
        status = int(state[2:])
        if not 200 <= status < 600 or status in _WITHOUT_BODY:
            status = 500  # no HTTP server can answer with that
    elif state == "P0001" or state.startswith("23"):
        status = 500
    else:
        return None
    said = {
        "code": state,
        "message": cause.diag.message_primary,
        "hint": cause.diag.message_hint,
        # Of these two the detail is the whole row, with its hashes and tokens.
        "detail": None if state in ("23502", "23514") else cause.diag.message_detail,
    }
    return {name: text for name, text in said.items() if text}, status
