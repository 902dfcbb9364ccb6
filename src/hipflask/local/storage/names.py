"""Which names buckets and objects may have (supabase/storage, ``src/storage/limits.ts``)."""

from __future__ import annotations

import re
from typing import Final

from hipflask.local.storage.errors import invalid_bucket_name, invalid_key

#: What S3 takes for a key; also the file names of a disk that is written by name stay below it.
LONGEST_KEY: Final = 1024
_BUCKET: Final = re.compile(r"[A-Za-z0-9_!.*'() &$=@;:+,?-]{1,100}")
_KEY: Final = re.compile(r"[A-Za-z0-9_/!.*'() &$=@;:+,?-]+")
_RESERVED_SUFFIX: Final = "--table-s3"
_PLACEHOLDER: Final = ".emptyFolderPlaceholder"


def require_bucket_name(name: str) -> str:
    """Return ``name``, or raise InvalidBucketName."""
    if not _BUCKET.fullmatch(name):
        raise invalid_bucket_name(name)
    return name


def require_new_bucket_name(name: str) -> str:
    """Return the name of a bucket to be made, or raise InvalidBucketName."""
    if name != name.strip() or name.endswith(_RESERVED_SUFFIX):
        raise invalid_bucket_name(name)
    return require_bucket_name(name)


def require_key(name: str) -> str:
    """Return the object's ``name``, or raise InvalidKey.

    Segments that a client or a proxy would resolve (``.``, ``..``) are refused as well: the genuine
    server's file backend does so.
    """
    if not _KEY.fullmatch(name) or len(name) > LONGEST_KEY or _has_dot_segment(name):
        raise invalid_key(name)
    return name


def is_folder_placeholder(name: str) -> bool:
    """Tell whether an object only keeps its folder in being, as the dashboard makes them."""
    return name.endswith(_PLACEHOLDER)


def _has_dot_segment(name: str) -> bool:
    return "." in name and any(part in (".", "..") for part in name.split("/"))
