"""Supabase Storage says no; the whole tree is drawn in the package."""

from __future__ import annotations

from hipflask.errors.base import HipFlaskError


class StorageError(HipFlaskError):
    """Supabase Storage says no, or the kit before anything was sent.

    ``code`` is Storage's own (``NoSuchKey`` …) and ``status`` the one that its body names, which
    is not the HTTP status; both are empty for our own refusals. ``bucket`` and ``name`` say what
    it is about, where it is about one.
    """

    def __init__(
        self,
        message: str,
        *,
        bucket: str = "",
        name: str = "",
        hint: str = "",
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.bucket = bucket
        self.name = name
        self.code = code
        self.status = status


class ObjectNotFound(StorageError):
    """There is no such object, or a policy hides it; Storage does not say which."""


class BucketNotFound(StorageError):
    """There is no such bucket; usually a migration is missing."""


class ObjectExists(StorageError):
    """Another object has the name, perhaps one that a policy hides."""


class NameRefused(StorageError):
    """Storage takes no object or bucket of this name."""


class TooLarge(StorageError):
    """An object has more bytes than it may; ``limit`` is in bytes, where it is known."""

    def __init__(
        self,
        message: str,
        *,
        limit: int | None = None,
        hint: str = "",
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code, status=status)
        self.limit = limit


class TypeRefused(StorageError):
    """The bytes are not of the declared type, or the bucket does not take the type.

    ``found`` is what the bytes look like, empty when nobody can tell.
    """

    def __init__(
        self,
        message: str,
        *,
        declared: str = "",
        found: str = "",
        hint: str = "",
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code, status=status)
        self.declared = declared
        self.found = found


class NotAllowed(StorageError):
    """A policy of row-level security forbids it."""


class RangeRefused(StorageError):
    """The part of an object that was asked for does not exist."""


class StorageRefused(StorageError):
    """Supabase Storage refused for a reason that has no class of its own; see ``code``."""


class StorageUnavailable(StorageError):
    """Supabase Storage cannot be reached, is busy, or fails on its side.

    ``retry_after`` is in seconds, where it is known.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: str,
        retry_after: int | None = None,
        hint: str = "",
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code, status=status)
        self.reason = reason
        self.retry_after = retry_after
