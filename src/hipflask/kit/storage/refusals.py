"""One table from Storage's error codes to our errors (supabase/storage, src/internal/errors).

Storage answers almost every error with the HTTP status 400. What it means stands in the body:
``code`` where it is sent, else ``error``, else the text ``statusCode``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hipflask.errors import (
    BucketNotFound,
    HipFlaskError,
    NameRefused,
    NotAllowed,
    ObjectExists,
    ObjectNotFound,
    RangeRefused,
    StorageRefused,
    StorageUnavailable,
    TokenRejected,
    TooLarge,
    TypeRefused,
)

KINDS: Final[Mapping[str, str]] = {
    "NoSuchKey": "object-missing",
    "NoSuchBucket": "bucket-missing",
    "KeyAlreadyExists": "exists",
    "ResourceAlreadyExists": "exists",
    "EntityTooLarge": "too-large",
    "InvalidMimeType": "type",
    "InvalidKey": "name",
    "InvalidBucketName": "name",
    "InvalidRange": "range",
    "AccessDenied": "not-allowed",
    "InvalidJWT": "token",
    "SlowDown": "busy",
    "DatabaseTimeout": "busy",
    "LockTimeout": "busy",
    "ResourceLocked": "busy",
    "DatabaseReadOnly": "read-only",
    "InternalError": "failed",
    "DatabaseError": "failed",
    "DatabaseSchemaMismatch": "failed",
    "DatabaseInvalidObjectDefinition": "failed",
    "DatabaseTransactionAborted": "failed",
    "TransactionError": "failed",
    "S3Error": "failed",
    "Aborted": "failed",
    "AbortedTerminate": "failed",
    "UnknownError": "failed",
    "NoAvailableShard": "failed",
}

# Older servers send no code.
_BY_ERROR: Final[Mapping[str, str]] = {
    "not_found": "object-missing",
    "Not found": "object-missing",
    "Bucket not found": "bucket-missing",
    "Duplicate": "exists",
    "Payload too large": "too-large",
    "invalid_mime_type": "type",
    "invalid_range": "range",
    "too_many_connections": "busy",
    "acquiring_lock_timeout": "busy",
}
_BY_STATUS: Final[Mapping[int, str]] = {
    403: "not-allowed",
    409: "exists",
    413: "too-large",
    415: "type",
    416: "range",
    423: "busy",
    429: "busy",
    540: "paused",
    544: "busy",
}

# Storage sends what its JWT library says, under the code that a policy's refusal has.
_ABOUT_A_TOKEN: Final = re.compile(r"(?i)\bjw[ts]\b|\"(?:exp|nbf|iat)\" claim|signature verif")
_RELATED: Final = "The related resource does not exist"
_RETRY: Final[Mapping[str, int]] = {"busy": 2, "read-only": 60}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a call was about, for its error's words; ``target`` is where something was to go."""

    bucket: str = ""
    name: str = ""
    content_type: str = ""
    target: Subject | None = None

    def __str__(self) -> str:
        return f"{self.bucket}/{self.name}" if self.name else self.bucket


def refusal(
    status: int,
    raw: bytes,
    headers: Mapping[str, str],
    subject: Subject,
    *,
    with_token: bool = True,
) -> HipFlaskError:
    """Return our error for an answer that is not a success.

    ``with_token`` says whether a user's token was sent; else a bad one is the API key.
    """
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    answer: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    code, said = _word(answer, "code"), _word(answer, "message")
    inner = _number(answer.get("statusCode"), status)
    kind = _kind(answer, code, said, status, inner)
    if kind == "token" and not with_token:
        kind = "api-key"
    seconds = _number(headers.get("Retry-After"), 0) or _RETRY.get(kind) or None
    what = said or f"it answered with status {status}"
    if kind in ("api-key", "paused", "busy", "read-only", "failed"):
        return _away(kind, what, seconds, code, inner)
    return _refused(kind, what, subject, code, inner)


def _kind(answer: Mapping[str, Any], code: str, said: str, status: int, inner: int) -> str:
    if said == _RELATED:
        return "bucket-missing"
    if (code == "AccessDenied" or (not code and inner in (401, 403))) and _ABOUT_A_TOKEN.search(
        said
    ):
        return "token"
    kind = KINDS.get(code) or _BY_ERROR.get(_word(answer, "error"))
    if kind:
        return kind
    if not answer.get("statusCode") and status in (401, 403):
        return "api-key"  # the gateway's words: Storage has not been asked
    # A page of something in between has no JSON, and an unknown code says more than its status.
    if inner in _BY_STATUS and ((answer and not code) or inner in (413, 429, 540)):
        return _BY_STATUS[inner]
    return "refused" if answer and 400 <= inner < 500 else "failed"


def _refused(kind: str, said: str, of: Subject, code: str, status: int) -> HipFlaskError:
    if kind == "object-missing":
        return ObjectNotFound(
            f"There is no object {of}, or it is not visible to this caller.",
            bucket=of.bucket,
            name=of.name,
            hint="A policy for select on storage.objects decides who sees it.",
            code=code,
            status=status,
        )
    if kind == "exists" or said == _RELATED:
        of = of.target or of
    if kind == "bucket-missing":
        return BucketNotFound(
            f"There is no bucket {of.bucket!r}.",
            bucket=of.bucket,
            hint="Create it in a migration: insert into storage.buckets (id, name) values …",
            code=code,
            status=status,
        )
    if kind == "exists":
        return ObjectExists(
            f"There is an object {of} already.",
            bucket=of.bucket,
            name=of.name,
            hint="Pass upsert=True to replace it, or choose another name.",
            code=code,
            status=status,
        )
    if kind == "too-large":
        return TooLarge(
            f"Storage does not take {of}: {said}.",
            hint="The limits are the bucket's file_size_limit and the project's.",
            code=code,
            status=status,
        )
    if kind == "type":
        return TypeRefused(
            f"The bucket {of.bucket!r} does not take {of.content_type or 'this type'}: {said}.",
            declared=of.content_type,
            hint="The bucket's allowed_mime_types says what it takes.",
            code=code,
            status=status,
        )
    if kind == "name":
        return NameRefused(
            f"Storage does not take the name {of}: {said}.", name=of.name, code=code, status=status
        )
    if kind == "range":
        return RangeRefused(
            f"{of} has no such part.",
            hint="Ask for bytes that exist, in one range.",
            code=code,
            status=status,
        )
    if kind == "not-allowed":
        return NotAllowed(
            f"Storage refused this for {of}: {said}.",
            hint="A policy on storage.objects must allow it; replacing needs select, insert and"
            " update.",
            code=code,
            status=status,
        )
    if kind == "token":
        return TokenRejected(f"Storage refused the access token: {said}.", reason="storage")
    return StorageRefused(f"Storage refused this for {of}: {said}.", code=code, status=status)


def _away(kind: str, said: str, seconds: int | None, code: str, status: int) -> StorageUnavailable:
    message, hint = {
        "api-key": (
            f"Supabase refused the API key: {said}",
            "Check SUPABASE_PUBLISHABLE_KEY and SUPABASE_SECRET_KEY against SUPABASE_URL.",
        ),
        "paused": ("The Supabase project is paused.", "Resume it in the dashboard."),
        "busy": (f"Supabase Storage is busy: {said}", "The same again may work."),
        "read-only": (f"Supabase Storage takes no writes: {said}", "See the project's disk."),
    }.get(kind, (f"Supabase Storage failed: {said}", ""))
    return StorageUnavailable(
        message,
        reason=kind.replace("-", "_"),
        retry_after=seconds,
        hint=hint,
        code=code,
        status=status,
    )


def _word(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def _number(value: object, default: int) -> int:
    """Read a number that may have come as text."""
    return int(value) if isinstance(value, int | str) and str(value).isdecimal() else default
