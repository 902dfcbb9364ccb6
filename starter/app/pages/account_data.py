"""``/account/data``: everything that somebody owns, to take away."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, stream_with_context

from hipflask import current_user, errors, login_required

from ..account.export import Export
from ..account.proof import check_owner, needs_password, with_second_factor
from ..extensions import hip
from ..forms import Form
from .refusals import note_refusal

blueprint = Blueprint("account_data", __name__, url_prefix="/account/data")


@blueprint.get("")
@login_required
def show() -> str:
    """Say what the file holds, and ask for the password."""
    return _page(Form())


@blueprint.post("")
@login_required
@with_second_factor
def download() -> tuple[str, int] | Response:
    """Send the zip while it is being written."""
    form = Form.sent()
    check_owner(form)
    facts = {}
    if not form.errors:
        try:
            facts = dict(hip.auth.account.user().raw)
        except errors.AuthError as error:
            note_refusal(form, error)
    if form.errors:
        return _page(form), form.status
    hip.auth.security_log.record(current_user.id, "data_exported")
    user = current_user._get_current_object()  # type: ignore[attr-defined]
    response = Response(stream_with_context(Export(user, facts)), mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    return response


def _page(form: Form) -> str:
    return render_template("account/data.html", form=form, needs_password=needs_password())
