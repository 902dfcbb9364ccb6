"""Mailpit's REST API (``server/apiv1`` of its repository), so that tests written for it run here.

Left out, as nothing local needs it: tags, sending, release, chaos, HTML and spam checks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, current_app, request

from hipflask.local.mailbox.message import Address, Attachment, StoredMessage
from hipflask.local.mailbox.page import framed_html
from hipflask.local.mailbox.store import Mailbox

VERSION = "v1.27.0"  # the Mailpit whose shapes these are

# A browser that opens these would run what is in them.
_ACTIVE = {
    "text/html",
    "text/xml",
    "application/xhtml+xml",
    "image/svg+xml",
    "application/xml",
    "text/xsl",
}

blueprint = Blueprint("mailpit", __name__)


def _mailbox() -> Mailbox:
    mailbox: Mailbox = current_app.extensions["mailbox"]
    return mailbox


@blueprint.get("/api/v1/messages")
def list_messages() -> Response:
    """List the newest messages first."""
    return _json(_summary(_mailbox().messages()))


@blueprint.put("/api/v1/messages")
def set_read_status() -> Response:
    """Mark some, all, or what a search finds as read or unread."""
    body = request.get_json(force=True, silent=True) or {}
    ids, query = body.get("IDs") or None, body.get("Search") or ""
    if ids and query:
        return _text("You may specify either IDs or a search query, not both", 400)
    if query:
        ids = [message.id for message in _mailbox().messages(query)]
    _mailbox().mark(ids, read=bool(body.get("Read")))
    return _text("ok")


@blueprint.delete("/api/v1/messages")
def delete_messages() -> Response:
    """Delete the messages named in ``IDs``, or all of them."""
    body = request.get_json(force=True, silent=True) or {}
    ids = body.get("IDs") if isinstance(body, dict) else None
    _mailbox().delete(ids or None)
    return _text("ok")


@blueprint.get("/api/v1/search")
def search_messages() -> Response:
    """List the messages that match ``query``, the newest first."""
    query = request.args.get("query", "").strip()
    if not query:
        return _text("Error: no search query", 400)
    return _json(_summary(_mailbox().messages(query)))


@blueprint.delete("/api/v1/search")
def delete_search() -> Response:
    """Delete the messages that match ``query``."""
    query = request.args.get("query", "").strip()
    if not query:
        return _text("Error: no search query", 400)
    _mailbox().delete([message.id for message in _mailbox().messages(query)])
    return _text("ok")


@blueprint.get("/api/v1/message/<message_id>")
def get_message(message_id: str) -> Response:
    """Return one message, and mark it as read."""
    message = _find(message_id)
    if message is None:
        return _not_found()
    _mailbox().mark([message.id], read=True)
    return _json(_whole(message))


@blueprint.get("/api/v1/message/<message_id>/headers")
def get_headers(message_id: str) -> Response:
    """Return the header lines, each name with all its values."""
    message = _find(message_id)
    if message is None:
        return _not_found()
    lines: dict[str, list[str]] = {}
    for name, value in message.mime.raw_items():
        key = "-".join(part.capitalize() for part in name.split("-"))
        lines.setdefault(key, []).append(" ".join(str(value).split()))
    return _json(dict(sorted(lines.items())))


@blueprint.get("/api/v1/message/<message_id>/raw")
def get_raw(message_id: str) -> Response:
    """Return the source of one message."""
    message = _find(message_id)
    if message is None:
        return _not_found()
    response = Response(message.raw, content_type="text/plain; charset=utf-8")
    if request.args.get("dl") == "1":
        response.headers["Content-Disposition"] = f'attachment; filename="{message.id}.eml"'
    return response


@blueprint.get("/api/v1/message/<message_id>/part/<part_id>")
def get_part(message_id: str, part_id: str) -> Response:
    """Return one attachment; what a browser would run is offered for saving only."""
    message = _find(message_id)
    part = next((a for a in message.attachments if a.part_id == part_id), None) if message else None
    if part is None:
        return _not_found()
    # A header carries ASCII; what has more in its type is no type.
    active = part.content_type in _ACTIVE or not part.content_type.isascii()
    response = Response(
        part.content, content_type="application/octet-stream" if active else part.content_type
    )
    response.headers["Content-Disposition"] = _disposition(
        "attachment" if active else "inline", part.file_name or part.content_id or "attachment"
    )
    return response


def _disposition(kind: str, file_name: str) -> str:
    """Write the header as RFC 6266 has it: a name for old browsers, and the real one."""
    name = "".join(each for each in file_name if each.isprintable()) or "attachment"
    plain = name.encode("ascii", "replace").decode().replace("\\", "_").replace('"', "_")
    if plain == name:
        return f'{kind}; filename="{plain}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


@blueprint.get("/view/<message_id>.html")
def view_html(message_id: str) -> Response:
    """Return the HTML part alone."""
    message = _find(message_id)
    if message is None:
        return _text("Message not found", 404)
    if not message.html:
        return _text("This message does not contain a HTML part", 404)
    return framed_html(message, embedded=request.args.get("embed") == "1")


@blueprint.get("/view/<message_id>.txt")
def view_text(message_id: str) -> Response:
    """Return the text part alone."""
    message = _find(message_id)
    return _text("Message not found", 404) if message is None else _text(message.text)


@blueprint.get("/api/v1/info")
def get_info() -> Response:
    """Say what this is and how much it holds."""
    messages = _mailbox().messages()
    return _json(
        {
            "Version": VERSION,
            "LatestVersion": VERSION,
            "Database": str(_mailbox().folder or "memory"),
            "DatabaseSize": sum(len(message.raw) for message in messages),
            "Messages": len(messages),
            "Unread": sum(not message.read for message in messages),
            "Tags": {},
        }
    )


@blueprint.get("/livez")
@blueprint.get("/readyz")
def is_alive() -> Response:
    """Answer as Mailpit's health checks do."""
    return _text("ok")


def _find(message_id: str) -> StoredMessage | None:
    query = request.args.get("query", "").strip()
    if message_id == "latest" and query:
        found = _mailbox().messages(query)
        return found[-1] if found else None
    return _mailbox().get(message_id)


def _summary(found: list[StoredMessage]) -> dict[str, Any]:
    start = max(request.args.get("start", 0, int), 0)
    limit = max(request.args.get("limit", 50, int), 0)
    every = _mailbox().messages()
    shown = found[::-1][start : start + limit]
    return {
        "total": len(every),
        "unread": sum(not message.read for message in every),
        "count": len(shown),
        "messages_count": len(found),
        "messages_unread": sum(not message.read for message in found),
        "start": start,
        "tags": [],
        "messages": [_short(message) for message in shown],
    }


def _short(message: StoredMessage) -> dict[str, Any]:
    return {
        "ID": message.id,
        "MessageID": message.message_id,
        "Read": message.read,
        "From": _person(message.sender),
        "To": _people(message.to),
        "Cc": _people(message.addresses("Cc")),
        "Bcc": _people(message.bcc),
        "ReplyTo": _people(message.addresses("Reply-To")),
        "Subject": message.subject,
        "Created": _moment(message.created),
        "Username": "",
        "Tags": [],
        "Size": len(message.raw),
        "Attachments": len(message.attachments),
        "Snippet": message.snippet,
    }


def _whole(message: StoredMessage) -> dict[str, Any]:
    return {
        "ID": message.id,
        "MessageID": message.message_id,
        "From": _person(message.sender),
        "To": _people(message.to),
        "Cc": _people(message.addresses("Cc")),
        "Bcc": _people(message.bcc),
        "ReplyTo": _people(message.addresses("Reply-To")),
        "ReturnPath": message.envelope.sender,
        "Subject": message.subject,
        "ListUnsubscribe": {
            "Header": message.header("List-Unsubscribe"),
            "Links": [],
            "Errors": "",
            "HeaderPost": message.header("List-Unsubscribe-Post"),
        },
        "Date": _moment(message.date),
        "Tags": [],
        "Username": "",
        "Text": message.text,
        "HTML": message.html,
        "Size": len(message.raw),
        "Inline": [_part(part) for part in message.attachments if part.inline],
        "Attachments": [_part(part) for part in message.attachments if not part.inline],
    }


def _part(part: Attachment) -> dict[str, Any]:
    return {
        "PartID": part.part_id,
        "FileName": part.file_name,
        "ContentType": part.content_type,
        "ContentID": part.content_id,
        "Size": len(part.content),
        "Checksums": {
            "MD5": hashlib.md5(part.content, usedforsecurity=False).hexdigest(),
            "SHA1": hashlib.sha1(part.content, usedforsecurity=False).hexdigest(),
            "SHA256": part.sha256,
        },
    }


def _person(person: Address) -> dict[str, str]:
    return {"Name": person.name, "Address": person.address}


def _people(people: Iterable[Address]) -> list[dict[str, str]]:
    return [_person(person) for person in people]


def _moment(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: object) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), content_type="application/json")


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")


def _not_found() -> Response:
    return _text("404 page not found", 404)
