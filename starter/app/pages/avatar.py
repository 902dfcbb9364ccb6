"""``/account/avatar``: the picture in the account menu."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import (
    csrf_exempt,
    errors,
    flash,
    form_parts,
    login_required,
    require_csrf_token,
)
from hipflask import gettext as _

from .. import avatars
from ..forms import Form

blueprint = Blueprint("avatar", __name__, url_prefix="/account/avatar")

_MOST_BYTES = 32 * 1024 * 1024
"""Of the form, as Cloud Run has it: a picture that is too large is refused beside its field."""


@blueprint.get("")
@login_required
def show() -> str:
    """Show the picture and the form for another."""
    return _page(Form())


@blueprint.post("")
@login_required
@csrf_exempt
def save() -> tuple[str, int] | Response:
    """Take a new picture."""
    request.max_content_length = _MOST_BYTES
    token = ""
    chosen = False
    try:
        for part in form_parts():
            if part.filename is None:
                token = part.text() if part.name == "csrf_token" else token
            elif part.filename and part.name == "picture" and not chosen:
                # The token stands before the picture: nothing is passed on for another site's form.
                require_csrf_token(token)
                chosen = True
                avatars.replace(part)
        require_csrf_token(token)
        avatars.check_chosen(chosen)
    except errors.InputRefused as error:
        return _page(Form(fields=error.fields)), 422
    flash(_("Your picture was saved."))
    return redirect(url_for("avatar.show"), 303)


@blueprint.post("/remove")
@login_required
def remove() -> Response:
    """Go back to the initial."""
    avatars.remove()
    flash(_("Your picture was removed."))
    return redirect(url_for("avatar.show"), 303)


def _page(form: Form) -> str:
    return render_template("avatar.html", form=form, picture=avatars.avatar_url())
