"""Links from mails, in whatever shape they come: shown by GET, used up by POST alone.

Mail scanners and previews open every link; a one-time link that a GET used up would be dead before
its owner sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import errors, flash
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form
from ..passwords import password_rules
from .check_mail import Purpose, purpose_of, sender_of

if TYPE_CHECKING:
    from hipflask import Link, LinkResult

Why = Literal["expired", "elsewhere", "incomplete"]
Answer = str | tuple[str, int] | Response


@dataclass(frozen=True)
class Wording:
    """What the page says before the link is used."""

    heading: str
    text: str
    button: str
    symbol: str = "mail-check"


def wording(link_type: str) -> Wording:
    """Return the words for GoTrue's type of link; a plain ``code`` does not name one."""
    match link_type:
        case "signup":
            return Wording(
                _("Confirm your e-mail"),
                _("One press, and your account is ready."),
                _("Confirm e-mail"),
            )
        case "invite":
            return Wording(
                _("Accept the invitation"),
                _("One press, and your account is ready."),
                _("Accept the invitation"),
            )
        case "recovery":
            return Wording(
                _("Reset password"),
                _("Next you choose a new password. The old one works until you have saved it."),
                _("Choose a new password"),
                "key-round",
            )
        case "email_change":
            return Wording(
                _("Confirm your new e-mail"),
                _("One press confirms that this address is yours."),
                _("Confirm the change"),
            )
        case "magiclink" | "email":
            return Wording(
                _("Sign in"), _("One press, and you are signed in here."), _("Sign in"), "log-in"
            )
    return Wording(
        _("Continue with your link"),
        _("One press uses the link from your mail. It works once."),
        _("Continue"),
    )


def to_page_with_link(endpoint: str) -> Response:
    """Lead to the page that knows this kind of link, with everything that the link carries."""
    return redirect(f"{url_for(endpoint)}?{request.query_string.decode()}", 303)


def show_link(action: str, *, recovery: bool = False) -> Answer:
    """Answer a GET: the button that uses the link, or what is wrong with it. Uses nothing up."""
    link = hip.auth.read_link(request.args)
    if link is None:
        return fragment_page("recovery" if recovery else "signup")
    if link.shape == "error":
        return link_problem_page(Form(), recovery=recovery), 410
    if link.shape == "message":
        return _one_more_confirmation()
    if link.shape == "tokens":
        return _button_page(link, _continue_as(link.email), action)
    return _button_page(link, wording("recovery" if recovery else link.type), action)


def fragment_page(purpose: Purpose | None = None) -> str:
    """Return the page whose script looks for tokens behind the "#", and which takes codes."""
    return render_template("callback.html", form=Form(), purpose=purpose or "")


def open_link(action: str, *, recovery: bool = False) -> Answer:
    """Answer a POST: use the link up, and go where it leads."""
    link = hip.auth.read_link(request.form)
    if link is None:
        return link_problem_page(Form(), recovery=recovery, why="incomplete"), 400
    if link.shape == "error":
        return link_problem_page(Form(), recovery=recovery or link.is_recovery), 410
    if link.shape == "message":
        return _one_more_confirmation()
    if link.shape == "tokens" and not link.is_recovery and not _pressed():
        # The script sent these, not a person. Somebody else's tokens must not sign anybody in
        # without their seeing as whom (login CSRF).
        return _button_page(link, _continue_as(link.email), action)
    try:
        return follow(hip.auth.open_link(link))
    except errors.LinkExpired:
        return link_problem_page(Form(), recovery=recovery or link.is_recovery), 410
    except errors.LinkUnusable as error:
        elsewhere = error.reason == "unknown_flow"
        recovery = recovery or link.is_recovery
        return link_problem_page(
            Form(), recovery=recovery, why="elsewhere" if elsewhere else "incomplete"
        ), 400


def follow(result: LinkResult) -> str | Response:
    """Go where a link or a code leads that was used up."""
    if result.needs_password:
        invited = result.kind == "invited"
        return new_password_page(Form(), result.proof, result.email, invited=invited)
    match result.kind:
        case "signed_in":
            flash(_("Welcome. You are signed in."))
            return redirect(result.next or url_for("dashboard.show"), 303)
        case "email_change_pending":
            return _one_more_confirmation()
        case "email_changed":
            flash(_("Your new e-mail is confirmed."))
            return redirect(url_for("dashboard.show" if result.user else "login.show"), 303)
    flash(_("Your e-mail is confirmed. Sign in with your password."))
    return redirect(url_for("login.show"), 303)


def _pressed() -> bool:
    """Whether a person sent the form by its button; the script's own form says that it did not."""
    return "continue" in request.form and "unasked" not in request.form


def _button_page(link: Link, words: Wording, action: str) -> str:
    return render_template(
        "open_link.html",
        heading=words.heading,
        text=words.text,
        button=words.button,
        symbol=words.symbol,
        action=action,
        carried={**link.fields, "continue": "yes"},
    )


def _continue_as(email: str | None) -> Wording:
    if not email:
        return wording("")
    return Wording(
        _("Continue as %(email)s", email=email),
        _("Your link was opened. Is this you? Then you are signed in with one press."),
        _("Continue"),
        "user",
    )


def _one_more_confirmation() -> str:
    return render_template(
        "message.html",
        heading=_("One more confirmation"),
        text=_("The other address got a mail too. Open its link, and the change is done."),
        symbol="mail-check",
        href=url_for("home.show"),
        button=_("Go to the start page"),
    )


def new_password_page(form: Form, proof: str, email: str, *, invited: bool = False) -> str:
    """Return the form for the new password; it carries the proof that the link was used.

    An invited person gives a name as well; a code is asked for once Auth wants one.
    """
    return render_template(
        "reset_password.html",
        form=form,
        proof=proof,
        email=email,
        invited=invited,
        asks_code="code" in form.fields or "code" in form.values,
        password_rules=password_rules(),
    )


def link_problem_page(form: Form, *, recovery: bool, why: Why = "expired") -> str:
    """Return the page for a link that cannot be used, which offers a new one."""
    match why:
        case "expired":
            heading = _("This link has expired or was used already")
            text = _("Links work once, and for one hour. Enter your e-mail and you get a new one.")
        case "elsewhere":
            heading = _("This link was asked for elsewhere")
            text = _(
                "If it was to confirm your address, that is done: sign in."
                " Otherwise enter your e-mail and you get a new one."
            )
        case "incomplete":
            heading = _("This link is not complete")
            text = _("Open it from the mail again, or enter your e-mail and you get a new one.")
    purpose = "recovery" if recovery else purpose_of(request.values.get("type", ""))
    return render_template(
        "link_problem.html",
        form=form,
        heading=heading,
        text=text,
        new_link_action=url_for(sender_of(purpose)),
        new_link_label=_("Send a new link"),
        code_page=url_for("check_mail.show", type=purpose),
    )
