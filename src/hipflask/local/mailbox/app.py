"""The mailbox as one web application: the page and Mailpit's API."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request

from hipflask.local.mailbox import mailpit, page
from hipflask.local.mailbox.store import Mailbox

LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1"}

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)


def create_mailbox_app(mailbox: Mailbox) -> Flask:
    """Return the application that shows ``mailbox``."""
    app = Flask(__name__, static_folder=None)
    app.extensions["mailbox"] = mailbox
    app.register_blueprint(page.blueprint)
    app.register_blueprint(mailpit.blueprint)
    app.before_request(_refuse_strangers)
    app.after_request(_add_headers)
    return app


def _refuse_strangers() -> Response | None:
    """Refuse what another website makes a browser do; one-time links are worth stealing.

    The host name is checked because a name that an attacker owns may resolve to 127.0.0.1 (DNS
    rebinding); the origin, because a form on any page may post here.
    """
    host = urlsplit(f"//{request.host}").hostname or ""
    if host not in LOOPBACK_NAMES:
        return Response("The mailbox answers to 127.0.0.1 and localhost only.\n", 421)
    foreign = request.headers.get("Sec-Fetch-Site") not in (None, "same-origin", "none")
    if request.method not in ("GET", "HEAD", "OPTIONS") and foreign:
        return Response("Refused: the request comes from another site.\n", 403)
    return None


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cache-Control", "no-store")
    return response
