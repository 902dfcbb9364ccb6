"""``/files/<id>/delete`` and ``/files/deleted``: putting away, bringing back, clearing away."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, flash, login_required
from hipflask import gettext as _

from ..extensions import hip
from ..files.trash import Trash
from .file import back_to, bucket, entry_or_404, shelf
from .files import page_number, short, to_folder

blueprint = Blueprint("file_deleting", __name__, url_prefix="/files")


_MOST_ROUNDS = 20
"""Of some hundred files each, while somebody waits."""


@blueprint.get("/<uuid:entry_id>/delete")
@login_required
def ask(entry_id: UUID) -> str:
    """Ask once."""
    entry = entry_or_404(entry_id)
    return render_template("file_delete.html", entry=entry, back=back_to(entry))


@blueprint.post("/<uuid:entry_id>/delete")
@login_required
def delete(entry_id: UUID) -> Response:
    """Put it away, and offer the way back."""
    entry = entry_or_404(entry_id)
    if _trash().delete(entry_id):
        undo = url_for("file_deleting.restore", entry_id=entry_id)
        flash(_("“%(title)s” was deleted.", title=short(entry.name)), f"undo {undo}")
    return to_folder(entry.folder_id)


@blueprint.post("/<uuid:entry_id>/restore")
@login_required
def restore(entry_id: UUID) -> Response:
    """Bring back what was deleted."""
    restored = _trash().restore(entry_id)
    if restored is None:
        flash(_("This can no longer be brought back."), "bad")
        return redirect(url_for("files.show"), 303)
    name, folder_id = restored
    flash(_("“%(title)s” is back.", title=short(name)))
    return to_folder(folder_id)


@blueprint.get("/deleted")
@login_required
def show() -> str | Response:
    """Show what can be brought back."""
    number = page_number()
    listing = _trash().page(number)
    if number != 1 and not listing.rows:
        return redirect(url_for("file_deleting.show"), 303)
    return render_template("files_deleted.html", listing=listing)


@blueprint.get("/deleted/clear")
@login_required
def ask_clear() -> str:
    """Ask once more: this cannot be undone."""
    return render_template("files_clear.html", usage=shelf().usage())


@blueprint.post("/deleted/clear")
@login_required
def clear() -> Response:
    """Delete it all for good."""
    trash = _trash()
    for _round in range(_MOST_ROUNDS):
        if not trash.clear():
            flash(_("Deleted files are gone for good."))
            break
    else:
        flash(_("There is more to delete for good. Go on with the rest."), "bad")
    return redirect(url_for("file_deleting.show"), 303)


def _trash() -> Trash:
    return Trash(hip.db, current_user, bucket())
