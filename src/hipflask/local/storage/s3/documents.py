"""The two requests whose body is XML that matters: DeleteObjects and CompleteMultipartUpload."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.xml import parse

MOST_KEYS: Final = 1000
MOST_PARTS: Final = 10_000


@dataclass(frozen=True)
class Deletion:
    """The keys to delete, in the order asked for; ``quiet`` answers errors alone."""

    keys: tuple[str, ...]
    quiet: bool


@dataclass(frozen=True)
class CompletedPart:
    """A part of a multipart upload, with the ETag (unquoted) that its upload answered."""

    number: int
    etag: str


def read_deletion(raw: bytes) -> Deletion:
    """Return what a DeleteObjects body asks for, or raise MalformedXML."""
    root = parse(raw, "Delete")
    keys = [item.value("Key") for item in root.all("Object")]
    if not keys or len(keys) > MOST_KEYS:
        raise S3Error("MalformedXML")
    quiet = (root.value("Quiet") or "").strip().lower() == "true"
    return Deletion(tuple(_present(key) for key in keys), quiet)


def read_completion(raw: bytes) -> tuple[CompletedPart, ...]:
    """Return the parts of a CompleteMultipartUpload body, in ascending order.

    An empty body is every part there is, as Supabase's Storage has it.
    """
    if not raw.strip():
        return ()
    parts = []
    for item in parse(raw, "CompleteMultipartUpload").all("Part"):
        number = _present(item.value("PartNumber")).strip()
        if not (number.isascii() and number.isdigit() and len(number) <= 5):
            raise S3Error("MalformedXML")
        parts.append(CompletedPart(part_number(number), _present(item.value("ETag")).strip(' "\n')))
    if len(parts) > MOST_PARTS:
        raise S3Error("MalformedXML")
    if any(one.number >= other.number for one, other in pairwise(parts)):
        raise S3Error("InvalidPartOrder")
    return tuple(parts)


def part_number(value: str) -> int:
    """Return the number of a part, 1 to 10,000, or raise InvalidArgument."""
    if value.isascii() and value.isdigit() and len(value) <= 5 and 1 <= int(value) <= MOST_PARTS:
        return int(value)
    raise S3Error(
        "InvalidArgument", f"Part number must be an integer between 1 and {MOST_PARTS}, inclusive"
    )


def _present(value: str | None) -> str:
    if not value or "\0" in value:
        raise S3Error("MalformedXML")
    return value
