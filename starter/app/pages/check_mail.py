"""``/auth/check-mail``: what to do until the mail arrives; takes its six-digit code too."""

from __future__ import annotations

import json
from typing import Literal

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from hipflask import errors, safe_next

from ..extensions import hip
from ..forms import Form

blueprint = Blueprint("check_mail", __name__)

Purpose = Literal["signup", "recovery", "magiclink"]

# What sends such a mail, and what asked for the address.
_SENDERS: dict[Purpose, tuple[str, str]] = {
    "signup": ("signup.resend", "signup.show"),
    "recovery": ("forgot_password.send", "forgot_password.show"),
    "magiclink": ("login_email.send", "login_email.show"),
}

_SEAL = "check mail"


def to_check_mail(email: str, purpose: Purpose, wanted: str = "") -> Response:
    """Lead to the page. The address is sealed: it belongs in no log and in no history.

    ``wanted`` is the page that the mail leads to, for the case that it is sent again.
    """
    content = json.dumps([email, purpose, wanted]).encode()
    sealed = hip.sealer.seal(_SEAL, content, None)  # never too old to be shown
    return redirect(url_for("check_mail.show", sent=sealed), 303)


@blueprint.get("/auth/check-mail")
def show() -> str:
    """Show the page; without a (valid) sealed address it asks for the address as well."""
    email, purpose, wanted = _opened(request.args.get("sent", ""))
    return check_mail_page(Form(), email, purpose, wanted)


def check_mail_page(form: Form, email: str, purpose: Purpose, wanted: str = "") -> str:
    """Return the page, for a code that was refused as well."""
    send, back = _SENDERS[purpose]
    return render_template(
        "check_mail.html",
        form=form,
        email=email,
        purpose=purpose,
        code_action=url_for("auth_confirm.enter_code"),
        resend_action=url_for(send),
        back=url_for(back, next=wanted or None),
        next=wanted,
    )


def sender_of(purpose: Purpose) -> str:
    """Return the endpoint that sends such a mail again."""
    return _SENDERS[purpose][0]


def purpose_of(link_type: str) -> Purpose:
    """Return the kind of mail that a link or a form names; that of a sign-up by default."""
    if link_type == "recovery":
        return "recovery"
    return "magiclink" if link_type == "magiclink" else "signup"


def _opened(sealed: str) -> tuple[str, Purpose, str]:
    try:
        email, purpose, *wanted = json.loads(hip.sealer.open(_SEAL, sealed))
    except errors.SealBroken:
        return "", purpose_of(request.args.get("type", "")), safe_next(request.args.get("next"), "")
    return email, purpose, safe_next("".join(wanted), "")
