"""``/api/v1/uploads``: tickets with which a browser sends files to Storage itself (TUS 1.0)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from flask import abort, url_for
from msgspec import Meta, Struct

from hipflask import api, errors
from hipflask import lazy_gettext as _

from ...extensions import hip
from ...files import BUCKET
from ...files.quota import LARGEST
from ...files.uploads import Upload, Uploads, taken_type
from .caller import caller

uploads = api.Resource("uploads", "/uploads", "Files on their way from a browser to Storage.")

CHUNK = 6 * 1024 * 1024
"""Hosted Supabase wants every chunk but the last of this size."""
_CACHE_SECONDS = 3600

Text = Annotated[str, Meta(pattern=r"^[^\x00]*$")]


_SIZE = _("Send a number of bytes, up to 52 MB.")


class NewUpload(Struct, forbid_unknown_fields=True):
    """The file that is to come."""

    name: Annotated[str, Meta(min_length=1, pattern=r"^[^\x00]*$")]
    size: Annotated[int, Meta(ge=0, le=LARGEST, extra={"expects": _SIZE})]
    type: Text = ""
    folder: UUID | None = None


class Renewal(Struct, forbid_unknown_fields=True):
    """What a renewed ticket is for."""

    type: Text = ""


class Ticket(Struct):
    """All that a TUS client needs to send the file."""

    id: UUID
    name: str
    url: str
    token: str
    expires_at: datetime | None
    chunk: int
    metadata: dict[str, str]


@uploads.post(raises=["not-found", "conflict", "file-exists", "file-name-refused", "storage-away"])
def begin(body: NewUpload) -> api.Created[Ticket]:
    """Keep a place for a file and return the ticket that fills it."""
    try:
        upload = _uploads().begin(body.name, body.size, body.folder)
    except errors.InputRefused as error:
        # Each of these is well-formed: the folder is gone, or there is no room for the size.
        status = 404 if "folder" in error.fields else 409
        abort(status, description="; ".join(error.fields.values()))
    try:
        ticket = _ticket(upload, body.type)
    except BaseException:
        _uploads().give_up(upload.id)
        raise
    return api.Created(ticket, url_for("api.uploads.give_up", upload_id=upload.id))


@uploads.post("/<uuid:upload_id>/ticket", raises=["storage-away"])
def renew(upload_id: UUID, body: Renewal) -> Ticket:
    """Return a new ticket for an upload that goes on after its ticket has expired."""
    return _ticket(_uploads().find(upload_id) or abort(404), body.type)


@uploads.delete("/<uuid:upload_id>", raises=["storage-away"])
def give_up(upload_id: UUID) -> None:
    """Give the place away again."""
    _uploads().give_up(upload_id)


def _ticket(upload: Upload, kind: str) -> Ticket:
    ticket = _bucket().sign_upload(upload.object)
    return Ticket(
        id=upload.id,
        name=upload.name,
        url=ticket.resumable_url,
        token=ticket.token,
        expires_at=ticket.expires_at,
        chunk=CHUNK,
        metadata={
            "bucketName": ticket.bucket,
            "objectName": ticket.name,
            "contentType": taken_type(kind),
            "cacheControl": str(_CACHE_SECONDS),
        },
    )


def _uploads() -> Uploads:
    return Uploads(hip.db, caller(), _bucket())


def _bucket() -> Any:
    return hip.storage.as_user(caller()).bucket(BUCKET)
