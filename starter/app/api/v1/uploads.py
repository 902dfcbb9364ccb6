"""``/api/v1/uploads``: tickets with which a browser sends files to Storage itself (TUS 1.0)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, request, url_for
from werkzeug.exceptions import BadRequest

from hipflask import errors
from hipflask import gettext as _

from ...extensions import hip
from ...files import BUCKET
from ...files.uploads import Upload, Uploads, taken_type
from .caller import caller, caller_required

blueprint = Blueprint("uploads", __name__, url_prefix="/uploads")

CHUNK = 6 * 1024 * 1024
"""Hosted Supabase wants every chunk but the last of this size."""
_CACHE_SECONDS = 3600


@blueprint.post("")
@caller_required
def begin() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Keep a place for a file and return the ticket that fills it."""
    sent = request.get_json()
    name, size, kind, folder_id = _read(sent)
    upload = _uploads().begin(name, size, folder_id)
    try:
        body = _ticket(upload, kind)
    except BaseException:
        _uploads().give_up(upload.id)
        raise
    return body, 201, {"Location": url_for("api_v1.uploads.give_up", upload_id=upload.id)}


@blueprint.post("/<uuid:upload_id>/ticket")
@caller_required
def renew(upload_id: UUID) -> dict[str, Any]:
    """Return a new ticket for an upload that goes on after its ticket has expired."""
    sent = request.get_json()
    kind = sent.get("type") if isinstance(sent, dict) else ""
    return _ticket(_uploads().find(upload_id) or abort(404), kind if isinstance(kind, str) else "")


@blueprint.delete("/<uuid:upload_id>")
@caller_required
def give_up(upload_id: UUID) -> tuple[str, int]:
    """Give the place away again."""
    _uploads().give_up(upload_id)
    return "", 204


def _ticket(upload: Upload, kind: str) -> dict[str, Any]:
    ticket = _bucket().sign_upload(upload.object)
    return {
        "id": str(upload.id),
        "name": upload.name,
        "url": ticket.resumable_url,
        "token": ticket.token,
        "expires_at": ticket.expires_at.isoformat() if ticket.expires_at else None,
        "chunk": CHUNK,
        "metadata": {
            "bucketName": ticket.bucket,
            "objectName": ticket.name,
            "contentType": taken_type(kind),
            "cacheControl": str(_CACHE_SECONDS),
        },
    }


def _read(sent: object) -> tuple[str, int, str, UUID | None]:
    if not isinstance(sent, dict):
        raise BadRequest(_("Send a JSON object."))
    name, size = sent.get("name"), sent.get("size")
    kind, folder = sent.get("type") or "", sent.get("folder")
    fields: dict[str, str] = {}
    if not isinstance(name, str) or not name:
        fields["name"] = _("Send a text.")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        fields["size"] = _("Send a number of bytes.")
    if not isinstance(kind, str):
        fields["type"] = _("Send a text.")
    folder_id = None
    try:
        folder_id = UUID(folder) if folder is not None else None
    except (ValueError, TypeError, AttributeError):
        fields["folder"] = _("This folder is no longer there.")
    if fields:
        raise errors.InputRefused(_("Some members do not fit."), fields=fields)
    return str(name), int(size), str(kind), folder_id  # type: ignore[call-overload]


def _uploads() -> Uploads:
    return Uploads(hip.db, caller(), _bucket())


def _bucket() -> Any:
    return hip.storage.as_user(caller()).bucket(BUCKET)
