"""``/account/undo-deletion``: the link in the mail, which works without signing in."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import current_user, errors, flash
from hipflask import gettext as _

from ..extensions import hip

blueprint = Blueprint("account_undo", __name__, url_prefix="/account/undo-deletion")


@blueprint.get("")
def show() -> str:
    """Show the button. Mail scanners open links: looking at this one changes nothing."""
    return render_template("account/undo.html", token=request.args.get("token", ""))


@blueprint.post("")
def undo() -> tuple[str, int] | Response:
    """Keep the account that the link names."""
    try:
        user_id = hip.auth.account.deletions.undo_by_token(request.form.get("token", ""))
    except errors.LinkExpired:
        return _nothing_to_undo(), 410
    if current_user and current_user.id == user_id:
        hip.auth.account.renew()
    flash(_("Your account stays. Nothing was deleted."))
    return redirect(url_for("dashboard.show" if current_user else "login.show"), 303)


def _nothing_to_undo() -> str:
    return render_template(
        "message.html",
        heading=_("There is nothing to undo"),
        text=_("This link was used already, is too old, or the account is gone. Sign in to see."),
        symbol="link-2-off",
        href=url_for("login.show"),
        button=_("Sign in"),
    )
