"""The mailbox's page for people. Works without JavaScript; a small script keeps it fresh."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, current_app, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from hipflask.local.mailbox.message import Link, StoredMessage
from hipflask.local.mailbox.store import Mailbox
from hipflask.local.mailbox.words import LANGUAGES, WORDS

PAGE_SIZE = 100

# The mail's own document: no script, no request to anywhere, its own styles allowed.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:;"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self';"
    " sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)

blueprint = Blueprint("mailbox", __name__, template_folder="pages", static_folder="pages/static")


def _mailbox() -> Mailbox:
    mailbox: Mailbox = current_app.extensions["mailbox"]
    return mailbox


@blueprint.get("/")
def index() -> str:
    """Show the list."""
    return _page(None)


@blueprint.get("/view/<message_id>")
def view(message_id: str) -> AnyResponse | str | tuple[str, int]:
    """Show one mail beside the list."""
    message = _mailbox().get(message_id)
    if message is None:
        return _page(None, missing=True), 404
    if message_id == "latest":
        return redirect(f"/view/{message.id}")
    _mailbox().mark([message.id], read=True)
    return _page(message)


@blueprint.post("/view/<message_id>/delete")
def delete(message_id: str) -> AnyResponse:
    """Delete one mail and go back to the list."""
    _mailbox().delete([message_id])
    return redirect(_with_query("/"), 303)


@blueprint.post("/delete-all")
def delete_all() -> AnyResponse:
    """Empty the mailbox."""
    _mailbox().delete()
    return redirect("/", 303)


@blueprint.get("/revision")
def revision() -> Response:
    """Tell the script whether anything has changed."""
    return Response(str(_mailbox().revision), content_type="text/plain")


def framed_html(message: StoredMessage, *, embedded: bool) -> Response:
    """Return the mail's HTML under a policy that lets nothing run and nothing be fetched."""
    html = message.html
    for part in message.attachments:
        if part.content_id:
            address = f"/api/v1/message/{message.id}/part/{part.part_id}"
            html = re.sub(f"cid:{re.escape(part.content_id)}", address, html, flags=re.IGNORECASE)
    if embedded:
        html = '<base target="_blank">' + html
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _MAIL_POLICY
    return response


def _page(selected: StoredMessage | None, *, missing: bool = False) -> str:
    query = request.args.get("query", "").strip()
    language = request.accept_languages.best_match(list(LANGUAGES), "en") or "en"
    language = LANGUAGES[language]
    found = _mailbox().messages(query)[::-1]
    return render_template(
        "mailbox.html",
        words=WORDS[language],
        language=language,
        messages=found[:PAGE_SIZE],
        unshown=max(0, len(found) - PAGE_SIZE),
        total=len(_mailbox()),
        selected=selected,
        missing=missing,
        query=query,
        links=_link_rows(selected) if selected else [],
        revision=_mailbox().revision,
        address=_with_query,
        clock_time=_clock_time,
        size=_size,
    )


def _link_rows(message: StoredMessage) -> list[tuple[Link, str]]:
    """Return each link with the host it leads to: a reader should know before the click."""
    return [(link, urlsplit(link.url).netloc) for link in message.links]


def _with_query(path: str) -> str:
    query = request.args.get("query", "").strip()
    return f"{path}?query={quote(query)}" if query else path


def _clock_time(moment: datetime, now: datetime | None = None) -> str:
    """Return the hour today, the date before; in this machine's zone, which is the reader's."""
    local = moment.astimezone()
    today = (now or datetime.now().astimezone()).date()
    return local.strftime("%H:%M") if local.date() == today else local.strftime("%Y-%m-%d")


def _size(count: int) -> str:
    return f"{count} B" if count < 1024 else f"{count / 1024:.1f} KB"
