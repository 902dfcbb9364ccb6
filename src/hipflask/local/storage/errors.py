"""Supabase Storage's error words, and the body in which they travel.

Almost every refusal has the HTTP status 400; the true status stands in the body as a text
(supabase/storage, ``src/internal/errors/codes.ts``). S3 and resumable uploads use true statuses.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg

from hipflask.errors import StackError

_RLS_REFUSAL: Final = "new row violates row-level security policy"


class StorageError(StackError):
    """A refusal that clients read as Storage's.

    ``status`` is the true one; ``http_status`` the one on the wire of the REST API, where only a
    500 and the few that say so differ from 400. ``error`` is the older name of ``code``.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        error: str = "",
        http_status: int | None = None,
        resource: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.error = error or code
        self.http_status = http_status or (500 if status == 500 else 400)
        self.resource = resource

    @property
    def body(self) -> dict[str, Any]:
        """The JSON of the REST API."""
        return {
            "statusCode": str(self.status),
            "error": self.error,
            "message": self.message,
            "code": self.code,
        }


def invalid_request(message: str, *, error: str = "") -> StorageError:
    """Return the refusal of a request that is malformed."""
    return StorageError("InvalidRequest", message, error=error)


def invalid_parameter(parameter: str) -> StorageError:
    """Return the refusal of one parameter."""
    return StorageError("InvalidParameter", f"Invalid Parameter {parameter}")


def no_such_bucket(bucket: str) -> StorageError:
    """Return the answer to a bucket that does not exist or may not be seen."""
    return StorageError(
        "NoSuchBucket", "Bucket not found", status=404, error="Bucket not found", resource=bucket
    )


def no_such_key(name: str) -> StorageError:
    """Return the answer to an object that does not exist or may not be seen."""
    return StorageError(
        "NoSuchKey", "Object not found", status=404, error="not_found", resource=name
    )


def access_denied(
    message: str = "Access denied", *, http_status: int | None = None
) -> StorageError:
    """Return the refusal of somebody who may not do this."""
    return StorageError(
        "AccessDenied", message, status=403, error="Unauthorized", http_status=http_status
    )


def already_exists(code: str = "ResourceAlreadyExists", resource: str = "") -> StorageError:
    """Return the refusal of a second one; ``code`` says of what."""
    return StorageError(
        code, "The resource already exists", status=409, error="Duplicate", resource=resource
    )


def too_large(entity: str = "object", limit: str = "the maximum allowed size") -> StorageError:
    """Return the refusal of a body or a part of it that is too large."""
    message = f"The {entity} exceeded {limit}"
    return StorageError("EntityTooLarge", message, status=413, error="Payload too large")


def invalid_mime_type(mime_type: str) -> StorageError:
    """Return the refusal of a type that the bucket does not take."""
    message = f"mime type {mime_type} is not supported"
    return StorageError("InvalidMimeType", message, status=415, error="invalid_mime_type")


def invalid_content_type() -> StorageError:
    """Return the refusal of a Content-Type header that is none."""
    return StorageError(
        "InvalidMimeType", "Invalid Content-Type header", status=415, error="invalid_mime_type"
    )


def invalid_key(name: str) -> StorageError:
    """Return the refusal of an object's name."""
    return StorageError("InvalidKey", f"Invalid key: {name}", resource=name)


def invalid_bucket_name(name: str) -> StorageError:
    """Return the refusal of a bucket's name."""
    return StorageError(
        "InvalidBucketName", "Bucket name invalid", error="Invalid Input", resource=name
    )


def invalid_range() -> StorageError:
    """Return the refusal of a Range header."""
    return StorageError(
        "InvalidRange",
        "invalid range provided",
        status=416,
        error="invalid_range",
        http_status=416,
    )


def no_content(message: str = "No content provided") -> StorageError:
    """Return the refusal of an upload without a file."""
    return StorageError("InvalidRequest", message)


def disk_failure(error: OSError) -> StorageError:
    """Return the answer when the disk refuses: full, or broken. Nothing was kept."""
    reason = error.strerror or type(error).__name__
    return StorageError(
        "InternalError", f"The file could not be written: {reason}. Nothing was kept.", status=500
    )


def from_database(error: psycopg.Error) -> StorageError:
    """Return what Storage says when PostgreSQL refuses (``src/storage/database/errors.ts``)."""
    state, diag = error.sqlstate or "", error.diag
    message = diag.message_primary or ""
    match state:
        case "42501":
            refusal = _RLS_REFUSAL if "row-level security" in message else message
            return access_denied(refusal)
        case "23505":
            return already_exists()
        case "23503" if "is still referenced from table" in (diag.message_detail or ""):
            return _still_referenced(diag.constraint_name or "")
        case "23503":
            return StorageError("InvalidRequest", "The related resource does not exist", status=404)
        case "55P03":
            return StorageError("ResourceLocked", "The resource is locked", status=423)
        case "57014":
            text = "The connection to the database timed out"
            return StorageError("DatabaseTimeout", text, status=544, http_status=544)
        case "25006":
            text = "The database is currently in read-only mode. Please try again later."
            return StorageError("DatabaseReadOnly", text, status=503)
        # Text that is no number, no JSON, no moment; NUL in JSON; NUL or no UTF-8 in text.
        case "22P02" | "22007" | "22008" | "22P05" | "22021":
            return StorageError("InvalidParameter", message)
        case "42P17":
            text = "The database schema is invalid or incompatible."
            return StorageError("DatabaseInvalidObjectDefinition", text, status=503)
        case "42703" | "42P01":
            return _schema_mismatch(diag)
        case _:
            return StorageError("DatabaseError", f"database error, code: {state}", status=500)


def _still_referenced(constraint: str) -> StorageError:
    message = "The resource could not be updated or removed due to a foreign key constraint"
    if constraint.startswith("s3_multipart_uploads"):
        message = (
            "The bucket could not be updated because it is referenced by a pending multipart"
            " upload."
        )
    return StorageError("ResourceReferenced", message, status=409)


def _schema_mismatch(diag: psycopg.errors.Diagnostic) -> StorageError:
    message = "The database schema is out of sync. Please run migrations or contact support."
    if diag.internal_query and diag.internal_position:
        message = (
            f"There is a database schema mismatch in a trigger or RLS policy: {diag.context or ''}"
        )
    return StorageError("DatabaseSchemaMismatch", message, status=503)
