"""``/account/identities``: other accounts that sign in to this one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import errors, flash, login_required
from hipflask import gettext as _

from ..account.proof import check_owner, needs_password
from ..extensions import hip
from ..forms import Form
from .refusals import note_refusal

blueprint = Blueprint("account_identities", __name__, url_prefix="/account/identities")


@blueprint.get("")
@login_required
def show() -> str:
    """List what signs in to this account."""
    return _page(Form())


@blueprint.post("/<uuid:identity_id>/unlink")
@login_required
def unlink(identity_id: object) -> tuple[str, int] | Response:
    """Take one away, unless it is the last."""
    form = Form.sent()
    check_owner(form)
    if not form.errors:
        _unlink(form, str(identity_id))
    if form.errors:
        return _page(form), form.status
    return redirect(url_for("account_identities.show"), 303)


def _unlink(form: Form, identity_id: str) -> None:
    try:
        if hip.auth.account.unlink(identity_id):
            flash(_("It no longer signs in to your account."))
        else:
            flash(_("It was unlinked already."))
    except errors.AuthRejected as error:
        match error.code:
            case "single_identity_not_deletable":
                form.general = _("This is the only way to sign in: add another one first.")
            case "manual_linking_disabled":
                form.general = _("Linked accounts cannot be changed at the moment.")
            case _:
                raise
        form.status = 422
    except errors.AuthError as error:
        note_refusal(form, error)


def _page(form: Form) -> str:
    identities = hip.auth.account.identities()
    return render_template(
        "account/identities.html",
        form=form,
        identities=identities,
        may_unlink=len(identities) > 1,
        needs_password=needs_password(),
    )
