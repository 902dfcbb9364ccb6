"""``/files/<id>/share``: a link for others, with an end, and its end before that."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, flash, login_required
from hipflask import gettext as _

from ..extensions import hip
from ..files import Entry
from ..files.sharing import DAY, HOUR, LIFETIMES, USUAL, SharedLink, end_sharing, share
from ..forms import Form
from .file import bucket, file_or_404

blueprint = Blueprint("file_sharing", __name__, url_prefix="/files/<uuid:entry_id>")


@blueprint.get("/share")
@login_required
def ask(entry_id: UUID) -> str:
    """Ask how long the link shall work."""
    return _page(file_or_404(entry_id), Form({"lifetime": str(USUAL)}))


@blueprint.post("/share")
@login_required
def make(entry_id: UUID) -> tuple[str, int] | str:
    """Show the link."""
    entry = file_or_404(entry_id)
    form = Form.sent()
    lifetime = form.value("lifetime")
    if lifetime not in map(str, LIFETIMES):
        form.fields["lifetime"] = _("Choose how long the link works.")
        return _page(entry, form), 422
    return _page(entry, form, share(hip.db, current_user, bucket(), entry, int(lifetime)))


@blueprint.post("/unshare")
@login_required
def end(entry_id: UUID) -> Response:
    """Make every link to this file lead nowhere."""
    entry = file_or_404(entry_id)
    if end_sharing(hip.db, current_user, bucket(), entry.id):
        flash(_("Links to “%(title)s” no longer work.", title=entry.name[:60]))
    return redirect(url_for("file.show", entry_id=entry.id), 303)


def _page(entry: Entry, form: Form, link: SharedLink | None = None) -> str:
    lifetimes = {
        HOUR: _("One hour"),
        DAY: _("One day"),
        7 * DAY: _("7 days"),
        30 * DAY: _("30 days"),
    }
    return render_template(
        "file_share.html", entry=entry, form=form, link=link, lifetimes=lifetimes
    )
