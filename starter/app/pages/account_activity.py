"""``/account/activity``: the security log of the account."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from hipflask import current_user, login_required

from ..account.browsers import read_user_agent
from ..account.events import describe, is_warning
from ..extensions import hip

blueprint = Blueprint("account_activity", __name__, url_prefix="/account/activity")

PAGE_SIZE = 30


@blueprint.get("")
@login_required
def show() -> str:
    """Show what happened, the newest first."""
    found = hip.auth.security_log.page(current_user, limit=PAGE_SIZE + 1, before=_before())
    rows = [
        (event, describe(event.event, event.details), read_user_agent(event.user_agent))
        for event in found[:PAGE_SIZE]
    ]
    older = rows[-1][0].id if len(found) > PAGE_SIZE else None
    return render_template(
        "account/activity.html", rows=rows, older=older, first=not _before(), is_warning=is_warning
    )


def _before() -> int | None:
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None
