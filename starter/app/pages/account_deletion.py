"""``/account/delete``: deleting the account, with two weeks to think again."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, flash, login_required, recent_sign_in_required
from hipflask import gettext as _

from ..account.undoing import send_undo_link
from ..extensions import hip
from ..forms import Form
from .refusals import note_refusal

blueprint = Blueprint("account_deletion", __name__, url_prefix="/account/delete")


@blueprint.app_context_processor
def _banner() -> dict[str, object]:
    return {"deletion_due": hip.auth.account.deletion_due}


@blueprint.get("")
@login_required
def show() -> str:
    """Say what is deleted and when, or when it will be."""
    return _page(Form())


@blueprint.post("")
@recent_sign_in_required
def ask() -> tuple[str, int] | Response:
    """Set the date and send the mail that undoes it."""
    form = Form.sent()
    if form.text("confirmation").casefold() != (current_user.email or "").casefold():
        form.fields["confirmation"] = _("Type your e-mail address here.")
    if not form.errors:
        _ask(form)
    if form.errors:
        return _page(form), form.status
    return redirect(url_for("account_deletion.show"), 303)


@blueprint.post("/undo")
@login_required
def undo() -> Response:
    """Keep the account after all."""
    if hip.auth.account.undo_deletion():
        flash(_("Your account stays. Nothing was deleted."))
    else:
        flash(_("There was nothing to undo."), "bad")
    return redirect(url_for("account_profile.show"), 303)


def _ask(form: Form) -> None:
    try:
        token = hip.auth.account.ask_deletion()
    except errors.ConfigError:
        form.general = _("Accounts cannot be deleted here at the moment. Nothing was changed.")
        form.status = 503
    except errors.AuthError as error:
        note_refusal(form, error)
    else:
        due = hip.auth.account.deletion_due()
        if due is None or not send_undo_link(current_user.email or "", token, due):
            flash(_("The mail with the undo link could not be sent. Undo it here instead."), "bad")


def _page(form: Form) -> str:
    return render_template("account/delete.html", form=form, may_mail=hip.mail.can_send)
