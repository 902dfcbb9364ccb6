"""``/dashboard/notes/…``: one note, to write, change, delete and bring back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, flash, login_required
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form
from ..notes import Note, Notes, check

blueprint = Blueprint("notes", __name__, url_prefix="/dashboard/notes")


@blueprint.get("/new")
@login_required
def new() -> str:
    """Show an empty form."""
    return render_template("note.html", form=Form(), note=None)


@blueprint.post("/new")
@login_required
def create() -> tuple[str, int] | Response:
    """Write a new note."""
    form = Form.sent()
    title, body = _read(form)
    if form.errors:
        return render_template("note.html", form=form, note=None), 422
    _notes().create(title, body)
    flash(_("“%(title)s” was created.", title=_short(title)))
    return redirect(url_for("dashboard.show"), 303)


@blueprint.get("/<uuid:note_id>")
@login_required
def edit(note_id: UUID) -> str:
    """Show a note in the form that changes it."""
    note = _notes().get(note_id) or abort(404)
    return _edit_page(note, Form({"title": note.title, "body": note.body}))


@blueprint.post("/<uuid:note_id>")
@login_required
def save(note_id: UUID) -> tuple[str, int] | Response:
    """Change a note, unless it was changed since the form was shown."""
    form = Form.sent()
    title, body = _read(form)
    if form.errors:
        return _edit_page(_notes().get(note_id) or abort(404), form), 422
    if _notes().change(note_id, title, body, _seen(form)):
        flash(_("“%(title)s” was saved.", title=_short(title)))
        return redirect(url_for("dashboard.show"), 303)
    other = _notes().get(note_id) or abort(404)
    form.general = _("This note was changed elsewhere while you were writing. Nothing is lost.")
    return _edit_page(other, form, conflict=True), 409


@blueprint.get("/<uuid:note_id>/delete")
@login_required
def ask_delete(note_id: UUID) -> str:
    """Ask once."""
    return render_template("note_delete.html", note=_notes().get(note_id) or abort(404))


@blueprint.post("/<uuid:note_id>/delete")
@login_required
def delete(note_id: UUID) -> Response:
    """Put a note away, and offer the way back."""
    note = _notes().delete(note_id)
    if note:
        undo = url_for("notes.restore", note_id=note.id)
        flash(_("“%(title)s” was deleted.", title=_short(note.title)), f"undo {undo}")
    return redirect(url_for("dashboard.show"), 303)


@blueprint.post("/<uuid:note_id>/restore")
@login_required
def restore(note_id: UUID) -> Response:
    """Bring back a note that was deleted."""
    note = _notes().restore(note_id)
    if note:
        flash(_("“%(title)s” is back.", title=_short(note.title)))
    else:
        flash(_("This note can no longer be brought back."), "bad")
    return redirect(url_for("dashboard.show"), 303)


def _notes() -> Notes:
    return Notes(hip.db, current_user)


def _read(form: Form) -> tuple[str, str]:
    """Return title and text as the table keeps them; note on the form what does not fit."""
    title, body = form.text("title"), form.value("body").replace("\r\n", "\n")
    try:
        check(title, body)
    except errors.InputRefused as error:
        form.fields.update(error.fields)
    return title, body


def _seen(form: Form) -> datetime | None:
    try:
        return datetime.fromisoformat(form.value("seen"))
    except ValueError:
        return None


def _edit_page(note: Note, form: Form, *, conflict: bool = False) -> str:
    return render_template(
        "note.html",
        form=form,
        note=note,
        # Sending the form again after a conflict is a decision: it may overwrite what was shown.
        seen=note.updated_at.isoformat()
        if conflict
        else form.value("seen") or note.updated_at.isoformat(),
        other=note if conflict else None,
    )


def _short(title: str) -> str:
    return title if len(title) <= 60 else title[:59] + "…"
