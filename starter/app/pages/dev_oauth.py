"""``/dev/oauth``: the last sign-in with a provider, step by step. In development only."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, abort, render_template, request

from ..extensions import hip

blueprint = Blueprint("dev_oauth", __name__)


@blueprint.get("/dev/oauth")
def show() -> str:
    """Show what went where, with secrets masked."""
    if not _is_this_machine(request.remote_addr or ""):
        abort(404)
    return render_template("dev_oauth.html", trace=hip.auth.oauth.trace.last)


def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
