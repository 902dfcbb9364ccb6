"""Links from mails, in whatever shape they come: shown by GET, used up by POST alone.

Mail scanners and previews open every link; a one-time link that a GET used up would be dead before
its owner sees it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import errors, flash
from hipflask import gettext as _

from ..extensions import hip
from ..forms import Form
from ..passwords import password_rules


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


def show_link(action: str, *, recovery: bool = False) -> str | tuple[str, int]:
    """Answer a GET: the button that uses the link, or what is wrong with it. Uses nothing up."""
    link = hip.auth.read_link(request.args)
    if link is None:
        # Perhaps its tokens stand behind the "#": the page carries the script that looks.
        return link_problem_page(Form(), recovery=recovery, complete=False), 400
    if link.shape == "error":
        return link_problem_page(Form(), recovery=recovery), 410
    words = wording("recovery" if recovery else link.type)
    return render_template(
        "open_link.html",
        heading=words.heading,
        text=words.text,
        button=words.button,
        symbol=words.symbol,
        action=action,
        carried={name: text for name, text in request.args.items() if name != "flash"},
    )


def open_link(*, recovery: bool) -> str | tuple[str, int] | Response:
    """Answer a POST: use the link up, and go where it leads."""
    link = hip.auth.read_link(request.form)
    if link is None:
        return link_problem_page(Form(), recovery=recovery, complete=False), 400
    if link.shape == "error":
        return link_problem_page(Form(), recovery=recovery), 410
    try:
        return follow(hip.auth.open_link(link))
    except (errors.LinkExpired, errors.LinkUnusable):
        return link_problem_page(Form(), recovery=recovery), 410


def follow(result: LinkResult) -> str | Response:
    """Go where a link or a code leads that was used up."""
    match result.kind:
        case "recovery":
            return new_password_page(Form(), result.proof, result.email)
        case "signed_in":
            flash(_("Welcome. You are signed in."))
            return redirect(url_for("dashboard.show"), 303)
        case "confirmed":
            flash(_("Your e-mail is confirmed. Sign in with your password."))
            return redirect(url_for("login.show"), 303)
        case "email_change_pending":
            return render_template(
                "message.html",
                heading=_("One more confirmation"),
                text=_("The other address got a mail too. Open its link, and the change is done."),
                symbol="mail-check",
                href=url_for("home.show"),
                button=_("Go to the start page"),
            )
    raise AssertionError(f"a link of an unknown kind: {result.kind}")


def new_password_page(form: Form, proof: str, email: str) -> str:
    """Return the form for the new password; it carries the proof that the link was used."""
    return render_template(
        "reset_password.html", form=form, proof=proof, email=email, password_rules=password_rules()
    )


def link_problem_page(form: Form, *, recovery: bool, complete: bool = True) -> str:
    """Return the page for a link that cannot be used, which offers a new one."""
    if complete:
        heading = _("This link has expired or was used already")
        text = _("Links work once, and for one hour. Enter your e-mail and you get a new one.")
    else:
        heading = _("This link is not complete")
        text = _("Open it from the mail again, or enter your e-mail and you get a new one.")
    return render_template(
        "link_problem.html",
        form=form,
        heading=heading,
        text=text,
        new_link_action=url_for("forgot_password.send" if recovery else "signup.resend"),
        new_link_label=_("Send a new link"),
        code_page=url_for("check_mail.show", type="recovery" if recovery else "signup"),
    )
