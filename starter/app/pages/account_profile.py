"""``/account``: the profile, and the way to every other section."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, flash, login_required
from hipflask import gettext as _

from ..account.sections import sections
from ..extensions import hip
from ..forms import Form
from .refusals import note_refusal

blueprint = Blueprint("account_profile", __name__, url_prefix="/account")

LONGEST_NAME = 100


@blueprint.app_context_processor
def _navigation() -> dict[str, object]:
    return {"account_sections": sections}


@blueprint.get("")
@login_required
def show() -> str:
    """Show the profile."""
    return _page(Form({"name": str(current_user.metadata.get("name") or "")}))


@blueprint.post("")
@login_required
def save() -> tuple[str, int] | Response:
    """Save the name."""
    form = Form.sent()
    name = form.text("name")
    if len(name) > LONGEST_NAME:
        form.fields["name"] = _("Shorten the name to 100 characters.")
    elif not name.isprintable():
        form.fields["name"] = _("Leave out control characters such as tabs.")
    if not form.errors:
        try:
            hip.auth.account.change_metadata({"name": name})
        except errors.AuthError as error:
            note_refusal(form, error)
    if form.errors:
        return _page(form), form.status
    flash(_("Your profile was saved."))
    return redirect(url_for("account_profile.show"), 303)


def _page(form: Form) -> str:
    return render_template("account/profile.html", form=form)
