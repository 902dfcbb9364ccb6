"""``/oauth/consent``: another application wants to sign the visitor in with their account here.

Supabase Auth leads here (``authorization_url_path`` in supabase/config.toml).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import errors, login_required
from hipflask import gettext as _

from ..extensions import hip

blueprint = Blueprint("oauth_consent", __name__, url_prefix="/oauth/consent")


@blueprint.get("")
@login_required
def show() -> tuple[str, int] | str | Response:
    """Ask, unless the same was allowed before."""
    try:
        asked = hip.auth.applications.asked(request.args.get("authorization_id", ""))
    except (errors.AuthRejected, errors.AuthUnavailable) as error:
        return _problem_page(error)
    if asked.answer_url:
        return _on_the_way(asked.answer_url)
    learns = [_learns()[scope] for scope in asked.scopes if scope in _learns()]
    return render_template("oauth_consent.html", asked=asked, learns=learns)


@blueprint.post("")
@login_required
def answer() -> tuple[str, int] | Response:
    """Say yes or no."""
    applications = hip.auth.applications
    try:
        asked = applications.asked(request.form.get("authorization_id", ""))
        if asked.answer_url:
            return _on_the_way(asked.answer_url)
        if request.form.get("decision") == "allow":
            return _on_the_way(applications.allow(asked))
        return _on_the_way(applications.deny(asked))
    except (errors.AuthRejected, errors.AuthUnavailable) as error:
        return _problem_page(error)


def _on_the_way(url: str) -> Response:
    parts = urlsplit(url)
    place = parts.netloc if parts.scheme in ("http", "https") else _("the application")
    page = make_response(
        render_template(
            "message.html",
            heading=_("Back to %(place)s", place=place),
            text=_("If nothing happens, use the button."),
            symbol="arrow-right",
            href=url,
            button=_("Go on"),
        )
    )
    # Not a redirect: browsers hold those of a form to `form-action`, which names this site alone.
    page.headers["Refresh"] = f"0; url={url}"
    return page


def _learns() -> dict[str, str]:
    return {
        "email": _("your e-mail address"),
        "profile": _("your name and picture"),
        "phone": _("your phone number"),
    }


def _problem_page(error: errors.AuthError) -> tuple[str, int]:
    if isinstance(error, errors.AuthUnavailable):
        heading, status = _("That is not possible right now"), 503
        text = _("Try again in a minute.")
    elif isinstance(error, errors.AuthRejected) and error.code == "validation_failed":
        heading, status = _("This request is over"), 410
        text = _("It was answered already. Begin again at the application that you came from.")
    else:
        heading, status = _("There is no such request"), 404
        text = _(
            "It may be too old, or meant for somebody else. Begin again at the application that"
            " you came from."
        )
    page = render_template(
        "message.html",
        heading=heading,
        text=text,
        symbol="circle-alert",
        href=url_for("home.show"),
        button=_("Go to the start page"),
    )
    return page, status
