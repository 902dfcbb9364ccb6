"""The body of a request, decoded and held against everything that its headers promise."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from hipflask.local.storage.s3.checksums import (
    ALGORITHMS,
    Checksum,
    content_md5,
    encoded,
    expected_checksums,
    mismatch,
)
from hipflask.local.storage.s3.chunked import MODES, ChunkedBody, Readable
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.signature import UNSIGNED, Signed

_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_BLOCK: Final = 64 << 10


class Body:
    """Reads once. What was read may be kept only after ``read`` has returned b"": see chunked."""

    def __init__(
        self,
        source: Readable,
        length: int | None,
        *,
        sha256: str = "",
        md5: bytes = b"",
        checksums: Mapping[str, bytes] | None = None,
    ) -> None:
        self._source = source
        #: The number of bytes that ``read`` will give; None if the client did not say.
        self.length = length
        self._left = length
        self._sha256 = sha256.lower()
        self._md5 = md5
        self._expected = checksums or {}
        self._running: dict[str, Checksum] = {name: ALGORITHMS[name]() for name in self._expected}
        self._hash = hashlib.sha256() if sha256 else None
        self._md5_hash = hashlib.md5(usedforsecurity=False) if md5 else None
        self._ended = False

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes (all for -1), and b"" once everything has been checked."""
        if size < 0:
            return b"".join(iter(lambda: self.read(_BLOCK), b""))
        if size == 0 or self._ended:
            return b""
        wanted = size if self._left is None else min(size, self._left)
        # An aws-chunked body has its checks behind its last byte: it must be asked once more.
        chunked = isinstance(self._source, ChunkedBody)
        data = self._source.read(wanted or 1) if wanted or chunked else b""
        if not data:
            self._end()
            return b""
        if self._left is not None:
            self._left -= len(data)
        for running in (self._hash, self._md5_hash, *self._running.values()):
            if running is not None:
                running.update(data)
        return data

    @property
    def checksums(self) -> dict[str, str]:
        """Algorithm -> value of the checksums that were sent and hold, once the body has ended."""
        held = {name: encoded(running) for name, running in self._running.items()}
        if isinstance(self._source, ChunkedBody):
            held |= self._source.checksums
        return held

    def _end(self) -> None:
        if self._left:
            raise S3Error("IncompleteBody")
        if self._hash is not None and self._hash.hexdigest() != self._sha256:
            raise S3Error("XAmzContentSHA256Mismatch")
        if self._md5_hash is not None and self._md5_hash.digest() != self._md5:
            raise S3Error("BadDigest")
        for name, value in self._expected.items():
            if self._running[name].digest() != value:
                raise mismatch(name)
        self._ended = True


def open_body(
    source: Readable, headers: Mapping[str, str], signed: Signed, *, of_object: bool = True
) -> Body:
    """Return the body of a request with ``headers`` (lower case).

    ``of_object=False`` where x-amz-checksum-* speaks of the object and not of this body:
    CompleteMultipartUpload.
    """
    length = _length(headers, "content-length")
    md5 = content_md5(headers["content-md5"]) if "content-md5" in headers else b""
    checksums = expected_checksums(headers) if of_object else {}
    if signed.payload in MODES:
        if "x-amz-decoded-content-length" not in headers:
            raise S3Error("MissingContentLength")
        decoded = _length(headers, "x-amz-decoded-content-length") or 0
        chunked = ChunkedBody(
            source if length is None else _Bounded(source, length),
            mode=signed.payload,
            length=decoded,
            signer=signed.signer,
            seed=signed.signature,
            trailers=headers.get("x-amz-trailer", "").split(","),
        )
        return Body(chunked, decoded, md5=md5, checksums=checksums)
    sha256 = "" if signed.payload == UNSIGNED else signed.payload
    if sha256 and not _SHA256.fullmatch(sha256):
        raise S3Error(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
            f"{', '.join(MODES)}, or a valid sha256 value.",
        )
    if length is None and "transfer-encoding" not in headers:
        length = 0
    return Body(source, length, sha256=sha256, md5=md5, checksums=checksums)


def _length(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise S3Error("InvalidArgument", f"{name} must be a number")
    return int(value)


class _Bounded:
    """``length`` bytes of a source that a later request may follow."""

    def __init__(self, source: Readable, length: int) -> None:
        self._source = source
        self._left = length

    def read(self, size: int, /) -> bytes:
        data = self._source.read(min(size, self._left)) if self._left else b""
        self._left -= len(data)
        return data
