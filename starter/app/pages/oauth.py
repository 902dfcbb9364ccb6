"""``/auth/oauth/<provider>``: signing in with a provider, there and back."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import errors, flash
from hipflask import gettext as _

from ..account.providers import provider_name
from ..extensions import hip

blueprint = Blueprint("oauth", __name__)


class _Words(NamedTuple):
    heading: str
    text: str
    status: int


@blueprint.get("/auth/oauth/<provider>")
def begin(provider: str) -> tuple[str, int] | Response:
    """Lead to the provider.

    A link and not a form: browsers hold the redirects of a form to ``form-action``, which names
    this site alone.
    """
    try:
        url = hip.auth.oauth.begin(provider, request.args.get("next", ""))
    except errors.OAuthRefused as error:
        return _problem_page(error)
    return redirect(url, 303)


def come_back() -> tuple[str, int] | Response:
    """Take the visitor who comes back from the provider to ``/auth/callback``."""
    try:
        outcome = hip.auth.oauth.finish(request.args)
    except errors.OAuthRefused as error:
        return _problem_page(error)
    flash(_("Welcome. You are signed in."))
    return redirect(outcome.next or url_for("dashboard.show"), 303)


def _problem_page(error: errors.OAuthRefused) -> tuple[str, int]:
    words = _wording(error)
    again = ""
    if error.provider:
        again = url_for("oauth.begin", provider=error.provider, next=error.next or None)
    return render_template("oauth_problem.html", words=words, again=again), words.status


def _wording(error: errors.OAuthRefused) -> _Words:
    name = provider_name(error.provider) if error.provider else _("The provider")
    match error.reason:
        case "denied":
            return _Words(
                _("You were not signed in"),
                _("The sign-in was cancelled, so nothing was shared. Try again, or another way."),
                403,
            )
        case "email_unverified":
            return _Words(
                _("Confirm your e-mail first"),
                _(
                    "%(provider)s has not verified your address. We sent a mail to it:"
                    " open its link, then sign in again.",
                    provider=name,
                ),
                403,
            )
        case "provider_down":
            return _Words(
                _("The sign-in did not go through"),
                _("%(provider)s does not answer right now. Try again in a minute.", provider=name),
                503,
            )
        case "other_browser":
            return _Words(
                _("This sign-in was begun elsewhere"),
                _("It can only be finished in the browser that began it. Begin again here."),
                400,
            )
        case "used" | "expired":
            return _Words(
                _("This sign-in is over"),
                _("It works once, and for a few minutes. Begin again."),
                410,
            )
        case "no_provider":
            return _Words(
                _("This way to sign in is not available"),
                _("Choose another one on the sign-in page."),
                404,
            )
        case "sign_up_closed":
            return _Words(
                _("There is no account for you yet"),
                _("New accounts are closed at the moment."),
                403,
            )
        case "banned":
            return _Words(_("You were not signed in"), _("This account is locked."), 403)
    return _Words(
        _("You were not signed in"),
        _("Something about the way back was not right, so it was not used. Begin again."),
        400,
    )
