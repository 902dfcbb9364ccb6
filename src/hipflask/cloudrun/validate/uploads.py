"""Rules of uploads: what a request body may have on Cloud Run, and what an instance can hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.quantities import Memory
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import sources

LARGEST_REQUEST: Final = Memory.mebi(32)
_VARIABLE: Final = "MAX_CONTENT_LENGTH"
_FIELD: Final = f"service.environment.{_VARIABLE}"


def check_limit(spec: ServiceSpec) -> Iterator[Finding]:
    """HTTP/1 requests of more than 32 MiB do not reach the container."""
    size = _size(spec)
    if size is None or size <= LARGEST_REQUEST:
        return
    yield Finding(
        "upload-limit",
        Severity.ERROR,
        _FIELD,
        f"{_VARIABLE} lets in {size.bytes} bytes, but Cloud Run stops at 32 MiB"
        f" ({LARGEST_REQUEST.bytes} bytes).",
        "A larger body gets 413 from Google before it reaches the application, which the"
        " application cannot explain to the visitor.",
        f"Set {_VARIABLE} to {LARGEST_REQUEST.bytes} at most, and let the browser send large files"
        " straight to Supabase Storage (a signed upload or TUS).",
        source=sources.QUOTAS,
    )


def check_memory(spec: ServiceSpec) -> Iterator[Finding]:
    """Uploads are kept in memory, or in files, which on Cloud Run are memory too."""
    size = _size(spec)
    at_once = min(spec.effective_concurrency, max(1, spec.parallelism))
    if size is None or size > LARGEST_REQUEST or size.bytes * at_once <= spec.memory.bytes // 2:
        return
    total = Memory(size.bytes * at_once)
    enough = max(1, spec.memory.bytes // 2 // at_once)
    yield Finding(
        "upload-memory",
        Severity.WARNING,
        _FIELD,
        f"{at_once} uploads of {size.mebibytes:.0f} MiB at once need {total.mebibytes:.0f} MiB of"
        f" the instance's {spec.memory}.",
        "Cloud Run's file system lives in memory too. When it is full the instance is killed, and"
        " every request in it fails.",
        f"Set {_VARIABLE} to {enough} or less, or give the instance more memory.",
        source=sources.CONTRACT,
    )


def _size(spec: ServiceSpec) -> Memory | None:
    """Return the limit that the spec sets; a malformed one is the application's to refuse."""
    value = spec.environment.get(_VARIABLE, "").strip()
    if not value.isdecimal():
        return None
    # Python reads no number of thousands of digits; twenty are more than any disk has bytes.
    size = int(value) if len(value) <= 20 else 10**20
    return Memory(size) if size else None


RULES: Final = (check_limit, check_memory)
