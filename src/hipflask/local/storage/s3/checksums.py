"""The checksums of ``x-amz-checksum-*`` ("Checking object integrity", Amazon S3 User Guide)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final, Protocol

from hipflask.local.storage.s3.crc import Crc
from hipflask.local.storage.s3.errors import S3Error

PREFIX: Final = "x-amz-checksum-"
#: Headers with the prefix that are no checksum.
_ABOUT: Final = {PREFIX + "algorithm", PREFIX + "type", PREFIX + "mode"}


class Checksum(Protocol):
    """What hashlib's objects are, and what the CRCs here are too."""

    def update(self, data: bytes, /) -> object:
        """Go on with ``data``."""

    def digest(self) -> bytes:
        """Return the checksum of everything so far, the most significant byte first."""


class _RunningCrc:
    def __init__(self, size: int, step: Callable[[bytes, int], int]) -> None:
        self._size = size
        self._step = step
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = self._step(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big")


@cache
def _crc32c() -> Crc:
    return Crc(0x82F63B78, 32)


@cache
def _crc64nvme() -> Crc:
    return Crc(0x9A6C9329AC4BC9B5, 64)


#: Algorithm, as in the header's name -> a new running checksum. The tables of the two rare CRCs are
#: made when the first client asks for them.
ALGORITHMS: Final[Mapping[str, Callable[[], Checksum]]] = {
    "crc32": lambda: _RunningCrc(4, zlib.crc32),
    "crc32c": lambda: _RunningCrc(4, _crc32c().update),
    "crc64nvme": lambda: _RunningCrc(8, _crc64nvme().update),
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
}


def encoded(checksum: Checksum) -> str:
    """Return the checksum as the header has it."""
    return base64.b64encode(checksum.digest()).decode()


def algorithm_of(name: str) -> str | None:
    """Return the algorithm that header or trailer ``name`` (lower case) is of, if it is any.

    An algorithm that we do not have is an error: to accept it unchecked would be a false promise.
    """
    if not name.startswith(PREFIX) or name in _ABOUT:
        return None
    algorithm = name.removeprefix(PREFIX)
    if algorithm not in ALGORITHMS:
        raise S3Error("InvalidRequest", f"The checksum algorithm of {name} is not supported.")
    return algorithm


def expected_checksums(headers: Mapping[str, str]) -> dict[str, bytes]:
    """Return algorithm -> value of every checksum that ``headers`` (lower case) promise."""
    return {
        algorithm: decoded(name, value)
        for name, value in headers.items()
        if (algorithm := algorithm_of(name)) is not None
    }


def decoded(name: str, value: str) -> bytes:
    """Return the bytes of the checksum header ``name``, or raise InvalidRequest."""
    algorithm = name.removeprefix(PREFIX)
    try:
        raw = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != len(ALGORITHMS[algorithm]().digest()):
        raise S3Error("InvalidRequest", f"Value for {name} header is invalid.")
    return raw


def content_md5(value: str) -> bytes:
    """Return the bytes of a Content-MD5 header, or raise InvalidDigest."""
    try:
        raw = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 16:
        raise S3Error("InvalidDigest")
    return raw


def mismatch(algorithm: str) -> S3Error:
    """Return the refusal of a body whose checksum is another one."""
    return S3Error(
        "BadDigest", f"The {algorithm.upper()} you specified did not match what was calculated."
    )
