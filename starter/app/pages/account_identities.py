"""``/account/identities``: other accounts that sign in to this one."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import errors, flash, login_required, recent_sign_in_required
from hipflask import gettext as _

from ..account.providers import provider_name
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
@recent_sign_in_required
def unlink(identity_id: object) -> tuple[str, int] | Response:
    """Take one away, unless it is the last."""
    form = Form()
    _unlink(form, str(identity_id))
    if form.errors:
        return _page(form), form.status
    return redirect(url_for("account_identities.show"), 303)


@blueprint.post("/applications/<uuid:application_id>/end")
@login_required
def end_application(application_id: object) -> tuple[str, int] | Response:
    """End what an application was allowed, and its sessions."""
    form = Form()
    try:
        if hip.auth.applications.end(str(application_id)):
            flash(_("It no longer has access to your account."))
        else:
            flash(_("It had no access any more."))
    except errors.AuthError as error:
        note_refusal(form, error)
        return _page(form), form.status
    return redirect(url_for("account_identities.show"), 303)


@blueprint.post("/link/<provider>")
@recent_sign_in_required
def link(provider: str) -> tuple[str, int] | Response:
    """Lead to the provider, where the visitor agrees."""
    form = Form()
    try:
        url = hip.auth.account.linking.begin(provider, url_for("account_identities.linked"))
    except errors.AuthRejected:
        form.general = _("Linked accounts cannot be changed at the moment.")
    except errors.AuthError as error:
        note_refusal(form, error)
    if form.errors:
        return _page(form), form.status
    page = make_response(_on_the_way(provider, url))
    # Not a redirect: browsers hold those of a form to `form-action`, which names this site alone.
    page.headers["Refresh"] = f"0; url={url}"
    return page


@blueprint.get("/linked")
@login_required
def linked() -> Response:
    """Take the visitor who comes back from the provider."""
    try:
        provider = hip.auth.account.finish_linking(request.args)
    except errors.LinkUnusable as error:
        flash(_refusal(error.code), "bad")
    except errors.LinkExpired:
        flash(_("That took too long. Begin again."), "bad")
    except errors.AuthUnavailable:
        flash(_("Signing in is not possible right now. Try again in a minute."), "bad")
    except errors.AuthError:
        flash(_("It was not linked. Begin again."), "bad")
    else:
        flash(_("%(provider)s now signs in to your account.", provider=provider_name(provider)))
    return redirect(url_for("account_identities.show"), 303)


def _refusal(code: str) -> str:
    match code:
        case "identity_already_exists":
            return _("That account signs in to another account here already.")
        case "access_denied":
            return _("You did not agree, so nothing was linked.")
    return _("It was not linked. Begin again.")


def _on_the_way(provider: str, url: str) -> str:
    name = provider_name(provider)
    return render_template(
        "message.html",
        heading=_("On the way to %(provider)s", provider=name),
        text=_("Agree there, and you come back here."),
        symbol="link",
        href=url,
        button=_("Go to %(provider)s", provider=name),
    )


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
    there = {identity.provider for identity in identities}
    return render_template(
        "account/identities.html",
        form=form,
        identities=identities,
        may_unlink=len(identities) > 1,
        more=[name for name in hip.auth.oauth.providers() if name not in there],
        provider_name=provider_name,
        applications=hip.auth.applications.granted(),
    )
