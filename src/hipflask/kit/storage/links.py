"""Addresses that a browser opens without the app: public ones, signed ones, and where to upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal
from urllib.parse import quote, urlencode

from hipflask.protocol.api_keys import unverified_payload

from .answers import malformed

_RENDERED: Final = "/render/image/"


@dataclass(frozen=True, slots=True)
class Transform:
    """How a picture is made to size. On hosted Supabase this belongs to the paid plans.

    ``quality`` goes from 20 to 100. Without ``format`` the browser gets WebP where it takes that;
    ``origin`` keeps the picture's own.
    """

    width: int | None = None
    height: int | None = None
    resize: Literal["cover", "contain", "fill"] = "cover"
    quality: int = 80
    format: Literal["origin", "webp", "avif"] | None = None

    def as_json(self) -> dict[str, str | int]:
        """Return the parameters as Storage takes them."""
        every = {
            "width": self.width,
            "height": self.height,
            "resize": self.resize,
            "quality": self.quality,
            "format": self.format,
        }
        return {name: value for name, value in every.items() if value is not None}


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """The right to upload one object, for a browser, until ``expires_at``.

    Either PUT the bytes to ``url``, or upload by TUS to ``resumable_url`` with the header
    ``x-signature: token`` and the metadata ``bucketName`` and ``objectName``. Whoever has the
    ticket may upload: give it to the visitor it was made for, and keep it out of logs.
    """

    bucket: str
    name: str
    url: str = field(repr=False)
    token: str = field(repr=False)
    resumable_url: str
    expires_at: datetime | None

    @classmethod
    def from_token(cls, storage_url: str, bucket: str, name: str, token: str) -> UploadTicket:
        """Return the ticket that a token of ``/object/upload/sign`` makes."""
        query = _query({"token": token})
        ends = unverified_payload(token).get("exp")
        return cls(
            bucket=bucket,
            name=name,
            url=f"{storage_url}/object/upload/sign/{object_path(bucket, name)}?{query}",
            token=token,
            resumable_url=f"{storage_url}/upload/resumable/sign",
            expires_at=datetime.fromtimestamp(ends, UTC) if isinstance(ends, int) else None,
        )


def object_path(bucket: str, name: str = "") -> str:
    """Return bucket and object for a URL. A name may hold what a URL gives a meaning to."""
    return quote(f"{bucket}/{name}" if name else bucket, safe="/")


def public_url(
    storage_url: str,
    bucket: str,
    name: str,
    transform: Transform | None,
    download_as: str | None,
) -> str:
    """Return where anybody reads an object of a public bucket."""
    kind = f"{_RENDERED}public" if transform else "/object/public"
    query: dict[str, str | int] = transform.as_json() if transform else {}
    if download_as is not None:
        query["download"] = download_as
    asked = f"?{_query(query)}" if query else ""
    return f"{storage_url}{kind}/{object_path(bucket, name)}{asked}"


def signed_url(
    storage_url: str, bucket: str, name: str, answer: Mapping[str, Any], download_as: str | None
) -> str:
    """Return the whole address for a ``signedURL`` of Storage's.

    That one is relative and not encoded, so that a name with a question mark would cut it: only
    the token is taken from it.
    """
    relative = answer.get("signedURL")
    _, found, token = relative.rpartition("?token=") if isinstance(relative, str) else ("", "", "")
    if not isinstance(relative, str) or not found:
        raise malformed()
    kind = f"{_RENDERED}sign" if relative.startswith(_RENDERED) else "/object/sign"
    query = {"token": token} | ({} if download_as is None else {"download": download_as})
    return f"{storage_url}{kind}/{object_path(bucket, name)}?{_query(query)}"


def _query(values: Mapping[str, str | int]) -> str:
    return urlencode(values, quote_via=quote)  # a blank is %20 to everybody, + only to forms
