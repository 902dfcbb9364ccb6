"""``/account/sessions``: where the account is signed in, and ending that."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from hipflask import errors, flash, login_required
from hipflask import gettext as _

from ..account.browsers import read_user_agent
from ..extensions import hip

blueprint = Blueprint("account_sessions", __name__, url_prefix="/account/sessions")


@blueprint.get("")
@login_required
def show() -> str:
    """List the sessions, this one marked."""
    found = [(one, read_user_agent(one.user_agent)) for one in hip.auth.account.sessions()]
    found.sort(key=lambda pair: not pair[0].is_current)
    return render_template("account/sessions.html", sessions=found)


@blueprint.post("/<uuid:handle>/end")
@login_required
def end(handle: object) -> Response:
    """Sign one device out. That of another account is not found, like one that is gone."""
    if hip.auth.account.end_session(str(handle)):
        flash(_("The device is signed out."))
    else:
        flash(_("This device was signed out already."))
    return redirect(url_for("account_sessions.show"), 303)


@blueprint.post("/end-others")
@login_required
def end_others() -> Response:
    """Sign every device out but this one."""
    try:
        hip.auth.account.end_other_sessions()
    except errors.AuthError:
        flash(_("Signed out here, but Supabase Auth did not answer. Try again in a minute."), "bad")
    else:
        flash(_("Every other device is signed out."))
    return redirect(url_for("account_sessions.show"), 303)
