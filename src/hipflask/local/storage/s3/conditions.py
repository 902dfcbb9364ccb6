"""Conditional requests (RFC 9110 section 13), as S3 evaluates them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from hipflask.local.storage.objects import StoredObject
from hipflask.local.storage.s3.errors import S3Error

COPY_SOURCE: Final = "x-amz-copy-source-"


@dataclass(frozen=True)
class _Verdict:
    """Which condition failed, and whether what the client has is what is here."""

    failed: str = ""
    unchanged: str = ""


def is_unchanged(headers: Mapping[str, str], stored: StoredObject) -> bool:
    """Tell whether a reader has the object already, or raise PreconditionFailed."""
    verdict = _verdict(headers, stored, "")
    if verdict.failed:
        raise _precondition_failed(verdict.failed)
    return bool(verdict.unchanged)


def require_source(headers: Mapping[str, str], stored: StoredObject) -> None:
    """Raise PreconditionFailed unless a copy's source is as x-amz-copy-source-if-* want it."""
    verdict = _verdict(headers, stored, COPY_SOURCE)
    if failed := verdict.failed or verdict.unchanged:
        raise _precondition_failed(failed)


def refuse_conditional_write(headers: Mapping[str, str]) -> None:
    """Raise NotImplemented for a write on a condition: the reference writes in any case."""
    if "if-match" in headers or "if-none-match" in headers:
        raise S3Error("NotImplemented", "Conditional writes are not supported.")


def _verdict(headers: Mapping[str, str], stored: StoredObject, prefix: str) -> _Verdict:
    """A condition on the ETag goes before the one of the same kind on the time."""
    changed = stored.last_modified.replace(microsecond=0)
    failed = unchanged = ""
    if (wanted := headers.get(f"{prefix}if-match")) is not None:
        failed = "" if _matches(wanted, stored.etag) else "If-Match"
    elif (moment := _moment(headers, f"{prefix}if-unmodified-since")) and changed > moment:
        failed = "If-Unmodified-Since"
    if (known := headers.get(f"{prefix}if-none-match")) is not None:
        unchanged = "If-None-Match" if _matches(known, stored.etag) else ""
    elif (moment := _moment(headers, f"{prefix}if-modified-since")) and changed <= moment:
        unchanged = "If-Modified-Since"
    return _Verdict(failed, unchanged)


def _matches(header: str, etag: str) -> bool:
    listed = [one.strip().removeprefix("W/").strip('"') for one in header.split(",")]
    return "*" in listed or etag.strip('"') in listed


def _moment(headers: Mapping[str, str], name: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(headers.get(name, ""))
    except (ValueError, OverflowError):
        return None  # RFC 9110: a date that is none is no condition
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _precondition_failed(condition: str) -> S3Error:
    return S3Error("PreconditionFailed", details={"Condition": condition})
