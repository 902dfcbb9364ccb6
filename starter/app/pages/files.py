"""``/files``: what lies in a folder, new folders, and the form that uploads without scripts."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from hipflask import (
    FormPart,
    csrf_exempt,
    current_user,
    errors,
    flash,
    form_parts,
    login_required,
    ngettext,
    require_csrf_token,
)
from hipflask import gettext as _

from ..extensions import hip
from ..files import BUCKET, LARGEST, Folder, Shelf
from ..files.uploads import Uploads
from ..forms import Form

blueprint = Blueprint("files", __name__, url_prefix="/files")

_LAST_PAGE = 100_000
_MOST_BYTES = 5 * LARGEST
"""Of a form with several files. Cloud Run takes 32 MiB, others more; scripts need no form."""
_MOST_WORDS = 3


@blueprint.get("")
@login_required
def show() -> str | Response:
    """Show the topmost folder."""
    return _list_page(None)


@blueprint.get("/folders/<uuid:folder_id>")
@login_required
def folder(folder_id: UUID) -> str | Response:
    """Show another folder."""
    return _list_page(folder_id)


@blueprint.get("/folders/new")
@login_required
def new_folder() -> str:
    """Show an empty form."""
    return _folder_page(Form(), _folder_of(request.args.get("folder", "")))


@blueprint.post("/folders/new")
@login_required
def create_folder() -> tuple[str, int] | Response:
    """Make a folder."""
    form = Form.sent()
    folder_id = _folder_of(form.value("folder"))
    try:
        made = _shelf().create_folder(form.text("name"), folder_id) or abort(404)
    except errors.InputRefused as error:
        form.fields.update(error.fields)
        return _folder_page(form, folder_id), 422
    flash(_("“%(title)s” was created.", title=short(made.name)))
    return to_folder(folder_id)


@blueprint.post("/upload")
@login_required
@csrf_exempt
def upload() -> Response:
    """Pass the files of a form on to Storage as they come, and say what became of each."""
    request.max_content_length = _MOST_BYTES
    fields: dict[str, str] = {}
    done: list[str] = []
    failed: list[str] = []
    trusted = False
    for part in form_parts():
        if part.filename is None:
            fields[part.name] = part.text()
            continue
        # The token stands before the files: nothing is passed on for another site's form.
        require_csrf_token(fields.get("csrf_token", ""))
        trusted = True
        if part.filename:
            _receive(part, _folder_of(fields.get("folder", "")), done, failed)
    if not trusted:
        require_csrf_token(fields.get("csrf_token", ""))
    _tell(done, failed)
    folder_id = _folder_of(fields.get("folder", ""))
    # Where the folder went meanwhile, the message stands on the topmost one.
    return to_folder(None if _shelf().path(folder_id) is None else folder_id)


def _receive(part: FormPart, folder_id: UUID | None, done: list[str], failed: list[str]) -> None:
    uploads = Uploads(hip.db, current_user, hip.storage.as_user().bucket(BUCKET))
    name = part.filename or ""
    try:
        done.append(uploads.receive(name, part, folder_id))
    except errors.InputRefused as error:
        failed.append(f"“{short(name)}”: {next(iter(error.fields.values()), error.message)}")
    except (errors.StorageError, RequestEntityTooLarge) as error:
        if isinstance(error, errors.StorageUnavailable):
            raise
        failed.append(_("“%(name)s” could not be stored.", name=short(name)))


def _tell(done: list[str], failed: list[str]) -> None:
    if not done and not failed:
        flash(_("Choose files first, then upload them."), "bad")
    elif len(done) == 1:
        flash(_("“%(name)s” was uploaded.", name=short(done[0])))
    elif done:
        flash(ngettext("One file was uploaded.", "%(num)s files were uploaded.", len(done)))
    for words in failed[:_MOST_WORDS]:
        flash(words, "bad")
    if len(failed) > _MOST_WORDS:
        more = len(failed) - _MOST_WORDS
        flash(
            ngettext(
                "One more file was not uploaded.", "%(num)s more files were not uploaded.", more
            ),
            "bad",
        )


def to_folder(folder_id: UUID | None) -> Response:
    """Lead to a folder's list."""
    if folder_id is None:
        return redirect(url_for("files.show"), 303)
    return redirect(url_for("files.folder", folder_id=folder_id), 303)


def page_number() -> int:
    """Return which page of a list was asked for, from 1."""
    return min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)


def short(name: str) -> str:
    """Return a name as a message has room for it: its beginning, and its end."""
    return name if len(name) <= 60 else f"{name[:40]}…{name[-16:]}"


def _list_page(folder_id: UUID | None) -> str | Response:
    number = page_number()
    listing, usage = _shelf().page(folder_id, number) or abort(404)
    if number != 1 and not listing.rows:
        return to_folder(folder_id)  # the last file of the last page went, or somebody typed
    return render_template("files.html", listing=listing, usage=usage, largest=LARGEST)


def _folder_page(form: Form, folder_id: UUID | None) -> str:
    path: list[Folder] | None = _shelf().path(folder_id)
    if path is None:
        abort(404)
    return render_template("folder_new.html", form=form, path=path, folder_id=folder_id)


def _folder_of(text: str) -> UUID | None:
    """Return the folder that a form or an address names; None is the topmost."""
    try:
        return UUID(text) if text else None
    except ValueError:
        abort(404)


def _shelf() -> Shelf:
    return Shelf(hip.db, current_user)
