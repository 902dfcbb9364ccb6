"""``/api/v1/notes``: the caller's notes."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, request, url_for
from werkzeug.exceptions import BadRequest

from hipflask import errors
from hipflask import gettext as _

from ...extensions import hip
from ...notes import Note, Notes, check
from .caller import caller, caller_required

blueprint = Blueprint("notes", __name__, url_prefix="/notes")

_DEFAULT_LIMIT = 20
_MOST = 100


@blueprint.get("")
@caller_required
def index() -> dict[str, Any]:
    """Return notes, the newest first; ``next`` is the address of what follows, or null."""
    limit = _limit(request.args.get("limit", str(_DEFAULT_LIMIT)))
    query = request.args.get("q", "").replace("\0", "").strip()[:100]
    # One more than asked for tells whether there is a next page.
    found = _notes().after(_place(request.args.get("after", "")), limit + 1, query)
    shown = found[:limit]
    following = None
    if len(found) > limit:
        after = _cursor(shown[-1])
        following = url_for("api_v1.notes.index", limit=limit, q=query or None, after=after)
    return {"items": [_as_json(note) for note in shown], "next": following}


@blueprint.post("")
@caller_required
def create() -> tuple[dict[str, Any], int, dict[str, str]]:
    """Write a note."""
    sent = _sent({"title", "body"})
    title, body = sent.get("title", "").strip(), sent.get("body", "")
    check(title, body)
    note = _notes().create(title, body)
    where = url_for("api_v1.notes.show", note_id=note.id)
    return _as_json(note), 201, {"Location": where}


@blueprint.get("/<uuid:note_id>")
@caller_required
def show(note_id: UUID) -> dict[str, Any]:
    """Return one note."""
    return _as_json(_notes().get(note_id) or abort(404))


@blueprint.patch("/<uuid:note_id>")
@caller_required
def change(note_id: UUID) -> dict[str, Any]:
    """Change what was sent and leave the rest."""
    sent = _sent({"title", "body"})
    note = _notes().get(note_id) or abort(404)
    title, body = sent.get("title", note.title).strip(), sent.get("body", note.body)
    check(title, body)
    return _as_json(_notes().change(note_id, title, body) or abort(404))


@blueprint.delete("/<uuid:note_id>")
@caller_required
def delete(note_id: UUID) -> tuple[str, int]:
    """Delete a note."""
    if _notes().delete(note_id) is None:
        abort(404)
    return "", 204


def _notes() -> Notes:
    return Notes(hip.db, caller())


def _sent(known: set[str]) -> dict[str, str]:
    """Return the JSON object of the request; refuse anything else, and members of other names."""
    body = request.get_json()
    if not isinstance(body, dict):
        raise BadRequest(_("Send a JSON object."))
    fields = {name: _("This member is not known.") for name in body.keys() - known}
    fields |= {
        name: _("Send a text.") for name, value in body.items() if not isinstance(value, str)
    }
    if fields:
        raise errors.InputRefused(_("Some members do not fit."), fields=fields)
    return body


def _as_json(note: Note) -> dict[str, Any]:
    return {
        "id": str(note.id),
        "title": note.title,
        "body": note.body,
        "created_at": note.created_at.isoformat(),
        "updated_at": note.updated_at.isoformat(),
    }


def _limit(text: str) -> int:
    if re.fullmatch("[0-9]{1,6}", text) and 1 <= int(text) <= _MOST:
        return int(text)
    message = _("Send a number from 1 to %(most)s.", most=_MOST)
    raise errors.InputRefused(message, fields={"limit": message})


def _cursor(note: Note) -> str:
    return base64.urlsafe_b64encode(f"{note.created_at.isoformat()} {note.id}".encode()).decode()


def _place(cursor: str) -> tuple[datetime, UUID] | None:
    if not cursor:
        return None
    try:
        created_at, note_id = base64.urlsafe_b64decode(cursor).decode().split(" ")
        return datetime.fromisoformat(created_at), UUID(note_id)
    except ValueError as error:
        message = _("Send the address in “next” as it is.")
        raise errors.InputRefused(message, fields={"after": message}) from error
