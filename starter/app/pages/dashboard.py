"""``/dashboard``: the notes of whoever is signed in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, login_required

from ..account.erasing import sweep_due_accounts
from ..extensions import hip
from ..notes import Notes

blueprint = Blueprint("dashboard", __name__)

_LONGEST_QUERY = 100
_LAST_PAGE = 100_000


@blueprint.get("/dashboard")
@login_required
def show() -> str | Response:
    """Show one page of the list, or of what a search found."""
    sweep_due_accounts()
    query = request.args.get("q", "").replace("\0", "").strip()[:_LONGEST_QUERY]
    number = request.args.get("page", 1, type=int)
    page = Notes(hip.db, current_user).page(query, min(max(number, 1), _LAST_PAGE))
    if number != 1 and not page.rows:
        # The last note of the last page was deleted, or somebody typed a number.
        return redirect(url_for("dashboard.show", q=query or None), 303)
    return render_template("dashboard.html", page=page, query=query)
