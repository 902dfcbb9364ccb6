"""Decodes aws-chunked bodies, with signatures and trailers.

AWS: "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks"
and "Including Trailing Headers" (Amazon S3 API Reference). A chunk is handed on before its
signature has come, so that memory stays constant: what was read is worth something only once
``read`` has returned b"".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Final, Protocol

from hipflask.local.storage.s3.checksums import (
    ALGORITHMS,
    Checksum,
    algorithm_of,
    decoded,
    encoded,
    mismatch,
)
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.signing import EMPTY_SHA256, Signer, same

#: x-amz-content-sha256 -> (chunks are signed, trailers follow).
MODES: Final[Mapping[str, tuple[bool, bool]]] = {
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": (True, False),
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER": (True, True),
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER": (False, True),
}
TRAILER_SIGNATURE: Final = "x-amz-trailer-signature"
_LONGEST_HEADER: Final = 256
_LONGEST_TRAILERS: Final = 16 << 10
_BLOCK: Final = 64 << 10
_HEADER: Final = re.compile(rb"([0-9a-fA-F]{1,16})(?:;chunk-signature=([0-9a-fA-F]{64}))?[ \t]*\r?")


class Readable(Protocol):
    """What a body is read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most ``size`` bytes, none only at the end."""


class ChunkedBody:
    """The decoded content of ``source``, which is the body alone and ends with it."""

    def __init__(
        self,
        source: Readable,
        *,
        mode: str,
        length: int,
        signer: Signer,
        seed: str,
        trailers: Iterable[str] = (),
    ) -> None:
        self._signed, self._trailing = MODES[mode]
        self._source = source
        self._signer = signer
        self._previous = seed
        self._declared = [name.strip().lower() for name in trailers if name.strip()]
        self._checksums: dict[str, Checksum] = {
            algorithm: ALGORITHMS[algorithm]()
            for name in self._declared
            if (algorithm := algorithm_of(name)) is not None
        }
        self._missing = length
        self._buffer = b""
        self._in_chunk = 0
        self._chunk_signature = ""
        self._chunk_hash = hashlib.sha256()
        self._between = True
        self._ended = False
        #: Algorithm -> value of the checksums that were sent and hold, once the body has ended.
        self.checksums: dict[str, str] = {}

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes (all for -1), and b"" once everything has been checked."""
        if size < 0:
            return b"".join(iter(lambda: self.read(_BLOCK), b""))
        if size == 0:
            return b""
        while not self._ended and self._between:
            self._next_chunk()
        if self._ended:
            return b""
        data = self._some(min(size, self._in_chunk))
        self._in_chunk -= len(data)
        if self._signed:
            self._chunk_hash.update(data)
        for checksum in self._checksums.values():
            checksum.update(data)
        if not self._in_chunk:
            self._end_chunk()
        return data

    def _next_chunk(self) -> None:
        header = self._line()
        match = _HEADER.fullmatch(header)
        if match is None:
            raise S3Error("InvalidRequest", "Invalid chunk header")
        size = int(match[1], 16)
        self._chunk_signature = (match[2] or b"").decode().lower()
        if self._signed and not self._chunk_signature:
            raise S3Error("InvalidRequest", "Missing chunk signature")
        if size > self._missing:
            raise S3Error("IncompleteBody")
        self._missing -= size
        if size == 0:
            self._end()
            return
        self._in_chunk = size
        self._between = False
        self._chunk_hash = hashlib.sha256()

    def _end_chunk(self) -> None:
        if self._line() not in (b"", b"\r"):
            raise S3Error("InvalidRequest", "Missing CRLF after chunk data")
        self._check_chunk(self._chunk_hash.hexdigest() if self._signed else "")
        self._between = True

    def _check_chunk(self, sha256: str) -> None:
        if self._signed:
            expected = self._signer.sign_chunk(self._previous, sha256)
            if not same(expected, self._chunk_signature):
                raise S3Error("SignatureDoesNotMatch")
            self._previous = expected

    def _end(self) -> None:
        """Check what the last chunk, the one without data, says of the whole."""
        self._check_chunk(EMPTY_SHA256)
        if self._missing:
            raise S3Error("IncompleteBody")
        trailers = _trailers(self._rest())
        if trailers and not self._trailing:
            raise S3Error("MalformedTrailerError")
        signature = trailers.pop(TRAILER_SIGNATURE, "").lower()
        if any(name not in trailers for name in self._declared):
            raise S3Error("MalformedTrailerError")
        if self._signed and self._trailing:
            canonical = "".join(f"{name}:{trailers[name]}\n" for name in sorted(trailers))
            expected = self._signer.sign_trailers(self._previous, canonical.encode("latin-1"))
            if not same(expected, signature):
                raise S3Error("SignatureDoesNotMatch")
        for name, value in trailers.items():
            algorithm = algorithm_of(name)
            if algorithm is None:
                continue
            checksum = self._checksums.get(algorithm)
            if checksum is None:  # not announced by x-amz-trailer, and thus not computed
                raise S3Error("MalformedTrailerError")
            if checksum.digest() != decoded(name, value):
                raise mismatch(algorithm)
            self.checksums[algorithm] = encoded(checksum)
        self._ended = True

    def _line(self) -> bytes:
        """Return the next line without its line feed."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _LONGEST_HEADER:
                raise S3Error("InvalidRequest", "Invalid chunk header")
            if not self._fill():
                raise S3Error("IncompleteBody")
        if end > _LONGEST_HEADER:
            raise S3Error("InvalidRequest", "Invalid chunk header")
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line

    def _some(self, size: int) -> bytes:
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        if not data:
            data = self._source.read(size)
            if not data:
                raise S3Error("IncompleteBody")
        return data

    def _fill(self) -> bool:
        more = self._source.read(_LONGEST_HEADER)
        self._buffer += more
        return bool(more)

    def _rest(self) -> bytes:
        while len(self._buffer) <= _LONGEST_TRAILERS and self._fill():
            pass
        if len(self._buffer) > _LONGEST_TRAILERS:
            raise S3Error("MalformedTrailerError")
        rest, self._buffer = self._buffer, b""
        return rest


def _trailers(raw: bytes) -> dict[str, str]:
    """Return the trailing headers by lower-case name.

    Some clients leave out the last empty line, and AWS's own example has one too many.
    """
    found: dict[str, str] = {}
    for line in raw.decode("latin-1").split("\n"):
        if not line.strip():
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or not name or name in found:
            raise S3Error("MalformedTrailerError")
        found[name] = value.strip()
    return found
