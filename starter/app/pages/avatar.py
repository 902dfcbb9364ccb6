"""``/account/avatar``: the picture in the account menu."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import errors, flash, login_required
from hipflask import gettext as _

from .. import avatars
from ..forms import Form

blueprint = Blueprint("avatar", __name__, url_prefix="/account/avatar")

_MOST_BYTES = avatars.LARGEST + 64 * 1024
"""Of the form: the picture, and what is around it."""


@blueprint.get("")
@login_required
def show() -> str:
    """Show the picture and the form for another."""
    return _page(Form())


@blueprint.post("")
@login_required
def save() -> tuple[str, int] | Response:
    """Take a new picture."""
    form = Form.sent()
    try:
        avatars.replace(avatars.check(request.files.get("picture")))
    except errors.InputRefused as error:
        form.fields.update(error.fields)
        return _page(form), 422
    flash(_("Your picture was saved."))
    return redirect(url_for("avatar.show"), 303)


@blueprint.post("/remove")
@login_required
def remove() -> Response:
    """Go back to the initial."""
    avatars.remove()
    flash(_("Your picture was removed."))
    return redirect(url_for("avatar.show"), 303)


def let_pictures_in(app: Flask) -> None:
    """Let this form alone be larger than others; must run before anything reads the form."""

    @app.before_request
    def widen() -> None:
        if request.endpoint == "avatar.save":
            request.max_content_length = _MOST_BYTES


def _page(form: Form) -> str:
    return render_template("avatar.html", form=form, picture=avatars.avatar_url())
