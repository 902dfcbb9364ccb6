"""The provider as one web application."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from flask import Flask, Response, request

from hipflask.errors import ConfigError
from hipflask.local.identity import authorize, discovery, token, userinfo
from hipflask.local.identity.client import LOOPBACK_NAMES, is_loopback
from hipflask.local.identity.grants import Grants
from hipflask.local.identity.provider import Provider
from hipflask.protocol.clock import Clock

LARGEST_FORM = 64 * 1024
#: Where an application on this machine answers.
_APPLICATIONS = ("http://127.0.0.1:*", "http://localhost:*")


def create_identity_app(
    base_url: str,
    *,
    clock: Clock,
    app_urls: Sequence[str] = (),
    pause: Callable[[float], None] = time.sleep,
) -> Flask:
    """Return the application that answers at ``base_url``, which must be a loopback address.

    ``app_urls`` are further places where a sign-in may end, after Auth's callback. Raises
    ``ConfigError`` for an address that others could reach: nobody is authenticated here.
    """
    if not is_loopback(base_url):
        raise ConfigError(
            f"The DevIdentityProvider answers on this machine only, not at {base_url}.",
            hint="It authenticates nobody. Elsewhere, put the provider's own client id and secret"
            " into config.toml.",
        )
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_FORM
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["identity"] = Provider(
        base_url=base_url.rstrip("/"),
        clock=clock,
        grants=Grants(clock),
        form_targets=(*_APPLICATIONS, *_origins(app_urls)),
        pause=pause,
    )
    app.before_request(_refuse_strangers)
    app.after_request(_add_headers)
    for each in (discovery, token, userinfo, authorize):
        app.register_blueprint(each.blueprint)
    return app


def _origins(urls: Sequence[str]) -> list[str]:
    """Return the origins of addresses; of one with a wildcard in its name, none."""
    parts = [urlsplit(url) for url in urls if url.isprintable() and not set(url) & set(" ;,'\"")]
    return list(
        dict.fromkeys(
            f"{each.scheme}://{each.netloc}"
            for each in parts
            if each.scheme in ("http", "https") and each.netloc and "*" not in each.netloc
        )
    )


def _refuse_strangers() -> Response | None:
    """Refuse who comes from elsewhere, and what another website makes a browser do.

    A name that an attacker owns may resolve to 127.0.0.1 (DNS rebinding), and a form on any page
    may post here.
    """
    try:
        host = urlsplit(f"//{request.host}").hostname or ""
    except ValueError:
        host = ""
    if host not in LOOPBACK_NAMES:
        return _plain("The DevIdentityProvider answers to 127.0.0.1 and localhost only.\n", 421)
    if not _is_this_machine(request.remote_addr or ""):
        return _plain("The DevIdentityProvider answers to this machine only.\n", 403)
    foreign = request.headers.get("Sec-Fetch-Site") not in (None, "same-origin", "none")
    if request.method == "POST" and foreign:
        return _plain("Refused: the request comes from another site.\n", 403)
    return None


def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _plain(text: str, status: int) -> Response:
    return Response(text, status, content_type="text/plain; charset=utf-8")


def _add_headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", authorize.policy())
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
