"""``/files/<id>/…``: one file or folder: to look at, download, rename and move."""

from __future__ import annotations

import contextlib
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import Bucket, Transform, current_user, errors, flash, login_required
from hipflask import gettext as _

from ..extensions import hip
from ..files import BUCKET, Entry, Shelf
from ..forms import Form
from .files import short, to_folder

blueprint = Blueprint("file", __name__, url_prefix="/files/<uuid:entry_id>")

_A_MOMENT = 60
"""Seconds that an address for the visitor's own eyes works: as long as it takes to begin."""
_LARGEST_PREVIEW = 20_000_000
THUMBNAIL = Transform(width=96, height=96, resize="cover")


@blueprint.get("")
@login_required
def show(entry_id: UUID) -> str | Response:
    """Show a file; a folder shows what is in it."""
    entry = entry_or_404(entry_id)
    if entry.is_folder:
        return to_folder(entry.id)
    preview = ""
    if entry.is_picture and entry.size <= _LARGEST_PREVIEW:
        with contextlib.suppress(errors.StorageUnavailable):  # the rest of the page is there
            preview = bucket().sign_download(entry.stored, _A_MOMENT)
    path = shelf().path(entry.folder_id) or []
    return render_template("file.html", entry=entry, path=path, preview=preview)


@blueprint.get("/download")
@login_required
def download(entry_id: UUID) -> Response:
    """Lead to Storage, which sends the file to be saved; it never passes through here."""
    entry = file_or_404(entry_id)
    address = bucket().sign_download(entry.stored, _A_MOMENT, download_as=entry.name)
    return redirect(address, 302)


@blueprint.get("/thumbnail")
@login_required
def thumbnail(entry_id: UUID) -> Response:
    """Lead to a small version of a picture. Storage draws it anew: nothing hidden in it is left."""
    entry = file_or_404(entry_id)
    if not entry.is_picture:
        abort(404)
    return redirect(bucket().sign_download(entry.stored, _A_MOMENT, transform=THUMBNAIL), 302)


@blueprint.get("/rename")
@login_required
def ask_name(entry_id: UUID) -> str:
    """Show the name in a form."""
    entry = entry_or_404(entry_id)
    return render_template("file_rename.html", entry=entry, form=Form({"name": entry.name}))


@blueprint.post("/rename")
@login_required
def rename(entry_id: UUID) -> tuple[str, int] | Response:
    """Give it another name."""
    entry = entry_or_404(entry_id)
    form = Form.sent()
    try:
        shelf().rename(entry_id, form.text("name")) or abort(404)
    except errors.InputRefused as error:
        form.fields.update(error.fields)
        return render_template("file_rename.html", entry=entry, form=form), 422
    flash(_("“%(title)s” was saved.", title=short(form.text("name"))))
    return to_folder(entry.folder_id)


@blueprint.get("/move")
@login_required
def ask_place(entry_id: UUID) -> str:
    """Show the folders to choose from."""
    return _move_page(entry_or_404(entry_id), Form())


@blueprint.post("/move")
@login_required
def move(entry_id: UUID) -> tuple[str, int] | Response:
    """Put it into another folder."""
    entry = entry_or_404(entry_id)
    form = Form.sent()
    try:
        target = UUID(form.value("folder")) if form.value("folder") else None
    except ValueError:
        abort(404)
    try:
        name = shelf().move(entry_id, target)
    except errors.InputRefused as error:
        form.fields.update(error.fields)
        return _move_page(entry, form), 422
    if name is None:
        form.fields["folder"] = _("This folder is no longer there. Choose another.")
        return _move_page(entry, form), 422
    flash(_("“%(title)s” was moved here.", title=short(name)))
    return to_folder(target)


def _move_page(entry: Entry, form: Form) -> str:
    return render_template("file_move.html", entry=entry, form=form, places=shelf().places(entry))


def entry_or_404(entry_id: UUID) -> Entry:
    """Return the file or folder, or answer that there is none."""
    return shelf().get(entry_id) or abort(404)


def file_or_404(entry_id: UUID) -> Entry:
    """Return the file, or answer that there is none."""
    entry = entry_or_404(entry_id)
    return abort(404) if entry.is_folder else entry


def back_to(entry: Entry) -> str:
    """Return the address of the list that it stands in."""
    if entry.folder_id is None:
        return url_for("files.show")
    return url_for("files.folder", folder_id=entry.folder_id)


def shelf() -> Shelf:
    """Return the visitor's files and folders."""
    return Shelf(hip.db, current_user)


def bucket() -> Bucket:
    """Return the bucket as the visitor sees it."""
    return hip.storage.as_user().bucket(BUCKET)
