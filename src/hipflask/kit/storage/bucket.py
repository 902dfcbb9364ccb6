"""A bucket as one caller sees it: every call has the caller's authority, and policies decide."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from hipflask.errors import ObjectNotFound, TooLarge

from . import links, listing
from .answers import ObjectEntry, ObjectInfo, ObjectPage, StoredObject, mapping, rows, text
from .content_types import stored_type
from .download import ByteRange, Download, range_header
from .links import Transform, UploadTicket, object_path
from .listing import Listing, Sort
from .names import check_bucket, check_name
from .refusals import Subject
from .source import PIECE, Body, Source
from .transport import Caller, Transport

MEBIBYTE: Final = 1024 * 1024
MOST_AT_ONCE: Final = 1000
"""Objects in one call: what hosted Supabase takes."""

_MOST_METADATA: Final = 8 * 1024
"""Bytes of a header that everything in between lets through."""


class Bucket:
    """The objects of one bucket.

    Any call may raise NotAllowed, BucketNotFound, NameRefused and StorageUnavailable.
    """

    def __init__(self, transport: Transport, caller: Caller, name: str) -> None:
        self.name = check_bucket(name)
        self._transport = transport
        self._caller = caller

    def __repr__(self) -> str:
        return f"<Bucket {self.name!r} as {self._caller.role}>"

    def put(
        self,
        name: str,
        source: Source,
        *,
        content_type: str | None = None,
        upsert: bool = False,
        cache_seconds: int = 3600,
        metadata: Mapping[str, Any] | None = None,
        size: int | None = None,
        as_declared: bool = False,
    ) -> StoredObject:
        """Store bytes, or what is left in a binary stream, which is read in pieces.

        The declared type is compared with the bytes (see content_types.py for the rules); with
        ``as_declared`` it is not: for files of your own only. ``size`` is what a stream that
        cannot tell will have. ``metadata`` comes back from ``info``.

        Raises ObjectExists unless ``upsert``, TypeRefused, TooLarge.
        """
        check_name(name, new=True)
        body = Body(source, size)
        if as_declared and content_type:
            kind = content_type
        else:
            kind = stored_type(content_type, body.head, name)
        headers = {
            "Content-Type": kind,
            "Cache-Control": f"max-age={cache_seconds}",
            "x-upsert": "true" if upsert else "false",
        }
        if metadata:
            headers["x-metadata"] = _encoded(metadata)
        answer = mapping(
            self._transport.upload(
                self._caller,
                f"/object/{object_path(self.name, name)}",
                body,
                headers,
                subject=Subject(self.name, name, kind),
                may_repeat=upsert,
            )
        )
        size = len(body.whole) if body.whole is not None else body.sent
        return StoredObject(self.name, name, text(answer, "Id"), kind, size)

    def get(self, name: str, *, most: int = 32 * MEBIBYTE) -> bytes:
        """Return an object's bytes; raise TooLarge when they are more than ``most``.

        Raises ObjectNotFound. For anything large use ``open``.
        """
        with self.open(name) as download:
            pieces, size = list[bytes](), download.size
            came = 0
            while max(size, came) <= most and (piece := download.read(PIECE)):
                pieces.append(piece)
                came += len(piece)
            if max(size, came) > most:
                raise TooLarge(
                    f"{self.name}/{name} has {size or 'more'} bytes, and {most} are taken at once.",
                    limit=most,
                    hint="Read it in pieces with open(), or raise most.",
                )
            return b"".join(pieces)

    def open(
        self,
        name: str,
        *,
        byte_range: ByteRange | None = None,
        if_none_match: str | None = None,
    ) -> Download:
        """Begin to read an object, or a part of it; close it, or use it in a ``with`` block.

        A range is the first and the last byte (None: to the end), or what a visitor's ``Range``
        header says. With an ETag in ``if_none_match`` the download may be ``not_modified``.

        Raises ObjectNotFound, RangeRefused.
        """
        check_name(name)
        headers = {}
        if byte_range is not None:
            headers["Range"] = range_header(byte_range)
        if if_none_match:
            # Something in between may have weakened it; Storage compares the text.
            headers["If-None-Match"] = if_none_match.removeprefix("W/")
        response = self._transport.open(
            self._caller,
            f"/object/authenticated/{object_path(self.name, name)}",
            headers,
            subject=Subject(self.name, name),
        )
        return Download(response, self._transport.unreachable)

    def info(self, name: str) -> ObjectInfo:
        """Return what Storage knows of an object; raise ObjectNotFound."""
        check_name(name)
        answer = self._call("GET", f"/object/info/{object_path(self.name, name)}", name=name)
        return ObjectInfo.from_json(mapping(answer))

    def exists(self, name: str) -> bool:
        """Whether there is such an object that the caller may see."""
        try:
            self.info(name)
        except ObjectNotFound:
            return False
        return True

    def list(
        self,
        folder: str = "",
        *,
        search: str = "",
        limit: int = 100,
        cursor: str | None = None,
        sort: Sort = "name",
        descending: bool = False,
    ) -> ObjectPage:
        """Return a page of a folder: its folders, and its objects. Empty for a missing bucket.

        ``search`` finds names that begin with it, whatever the case. Ask for the next page with
        the ``cursor`` of this one and everything else the same.
        """
        wanted = Listing(_folder(folder), limit, sort, descending)
        if search:
            return listing.search(self._ask, wanted, search, cursor)
        return listing.browse(self._ask, wanted, cursor)

    def walk(self, folder: str = "") -> Iterator[ObjectEntry]:
        """Return every object below a folder, in folders of it too, page after page."""
        wanted = Listing(_folder(folder), MOST_AT_ONCE)
        cursor: str | None = None
        while True:
            page = listing.browse(self._ask, wanted, cursor, deep=True)
            yield from page.objects
            cursor = page.cursor
            if cursor is None:
                return

    def move(self, old: str, new: str, *, to_bucket: str | None = None) -> None:
        """Give an object another name, or another bucket. Its id and metadata stay.

        Raises ObjectNotFound, ObjectExists.
        """
        self._carry("move", old, new, to_bucket)

    def copy(
        self, old: str, new: str, *, to_bucket: str | None = None, upsert: bool = False
    ) -> None:
        """Copy an object with its metadata; raise ObjectNotFound, ObjectExists."""
        self._carry("copy", old, new, to_bucket, {"x-upsert": "true" if upsert else "false"})

    def delete(self, names: Iterable[str]) -> tuple[str, ...]:
        """Delete objects; return the names of those that were there and could be deleted."""
        return tuple(
            text(row, "name")
            for some in _batches(names)
            for row in rows(
                self._call("DELETE", f"/object/{object_path(self.name)}", {"prefixes": some})
            )
        )

    def sign_download(
        self,
        name: str,
        expires_in: int,
        *,
        download_as: str | None = None,
        transform: Transform | None = None,
    ) -> str:
        """Return an address that opens an object for ``expires_in`` seconds, whoever has it.

        With ``download_as`` the browser saves it under that name in place of showing it.
        Raises ObjectNotFound.
        """
        check_name(name)
        body: dict[str, Any] = {"expiresIn": expires_in}
        if transform is not None:
            body["transform"] = transform.as_json()
        path = f"/object/sign/{object_path(self.name, name)}"
        answer = mapping(self._call("POST", path, body, name=name, may_repeat=True))
        return links.signed_url(self._transport.url, self.name, name, answer, download_as)

    def sign_downloads(self, names: Iterable[str], expires_in: int) -> dict[str, str]:
        """Return such addresses by name; objects that the caller may not see have none."""
        path, signed = f"/object/sign/{object_path(self.name)}", {}
        for some in _batches(names):
            body = {"expiresIn": expires_in, "paths": some}
            for row in rows(self._call("POST", path, body, may_repeat=True)):
                if row.get("signedURL"):
                    name = text(row, "path")
                    signed[name] = links.signed_url(self._transport.url, self.name, name, row, None)
        return signed

    def sign_upload(self, name: str, *, upsert: bool = False) -> UploadTicket:
        """Return a ticket with which a browser uploads one object itself.

        The type and the bytes are then the browser's: let the bucket's ``allowed_mime_types`` and
        ``file_size_limit`` bound them. Raises ObjectExists unless ``upsert``.
        """
        check_name(name, new=True)
        path = f"/object/upload/sign/{object_path(self.name, name)}"
        headers = {"x-upsert": "true"} if upsert else {}
        answer = mapping(self._call("POST", path, name=name, headers=headers))
        token = text(answer, "token")
        return UploadTicket.from_token(self._transport.url, self.name, name, token)

    def public_url(
        self, name: str, *, transform: Transform | None = None, download_as: str | None = None
    ) -> str:
        """Return where anybody reads the object, if the bucket is public; nothing is asked."""
        check_name(name)
        return links.public_url(self._transport.url, self.name, name, transform, download_as)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        name: str = "",
        headers: Mapping[str, str] | None = None,
        may_repeat: bool = False,
    ) -> Any:
        return self._transport.call(
            self._caller,
            method,
            path,
            body,
            subject=Subject(self.name, name),
            headers=headers,
            may_repeat=may_repeat or method == "GET",
        )

    def _ask(self, address: str, body: Mapping[str, Any]) -> Any:
        path = f"/object/{address}/{object_path(self.name)}"
        return self._call("POST", path, body, may_repeat=True)

    def _carry(
        self,
        how: str,
        old: str,
        new: str,
        to_bucket: str | None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        target = Subject(check_bucket(to_bucket or self.name), check_name(new, new=True))
        body = {
            "bucketId": self.name,
            "sourceKey": check_name(old),
            "destinationBucket": target.bucket,
            "destinationKey": target.name,
        }
        subject = Subject(self.name, old, target=target)
        self._transport.call(
            self._caller, "POST", f"/object/{how}", body, subject=subject, headers=headers
        )


def _batches(names: Iterable[str]) -> list[list[str]]:
    if isinstance(names, str):
        raise TypeError(f"give a list of names, not the one name {names[:60]!r}")
    checked = [check_name(name) for name in names]
    return [checked[at : at + MOST_AT_ONCE] for at in range(0, len(checked), MOST_AT_ONCE)]


def _folder(folder: str) -> str:
    folder = folder.strip("/")
    return f"{check_name(folder)}/" if folder else ""


def _encoded(metadata: Mapping[str, Any]) -> str:
    encoded = base64.b64encode(json.dumps(dict(metadata)).encode()).decode()
    if len(encoded) > _MOST_METADATA:
        raise ValueError(f"the metadata has {len(encoded)} bytes, and {_MOST_METADATA} may be sent")
    return encoded
