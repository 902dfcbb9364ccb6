"""``/account/data``: everything that somebody owns, to take away."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, stream_with_context

from hipflask import current_user, errors, recent_sign_in_required

from ..account.export import Export
from ..extensions import hip
from ..forms import Form
from .refusals import note_refusal

blueprint = Blueprint("account_data", __name__, url_prefix="/account/data")


@blueprint.get("")
@recent_sign_in_required
def show() -> str:
    """Say what the file holds. The proof comes before: a download leads to no page after it."""
    return _page(Form())


@blueprint.post("")
@recent_sign_in_required
def download() -> tuple[str, int] | Response:
    """Send the zip while it is being written."""
    form = Form()
    try:
        facts = dict(hip.auth.account.user().raw)
    except errors.AuthError as error:
        note_refusal(form, error)
        return _page(form), form.status
    hip.auth.security_log.record(current_user.id, "data_exported")
    user = current_user._get_current_object()  # type: ignore[attr-defined]
    response = Response(stream_with_context(Export(user, facts)), mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    return response


def _page(form: Form) -> str:
    return render_template("account/data.html", form=form)
