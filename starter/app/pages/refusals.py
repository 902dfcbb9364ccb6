"""What Supabase Auth refuses, in words for the person at the form."""

from __future__ import annotations

from flask import Response, after_this_request

from hipflask import errors, ngettext
from hipflask import gettext as _

from ..forms import Form


def note_refusal(form: Form, error: errors.AuthError) -> None:
    """Note the refusal on the form, beside the field that it is about if there is one."""
    match error:
        case errors.InvalidCredentials():
            form.general = _("E-mail or password is wrong.")
        case errors.EmailNotConfirmed():
            form.general = _("Confirm your e-mail first.")
        case errors.EmailRefused():
            form.fields["email"] = _("This address cannot be used. Try another.")
        case errors.SamePassword():
            form.fields["password"] = _("This is your old password. Choose another.")
        case errors.LinkExpired():
            form.fields["code"] = _(
                "This code is wrong or no longer valid. The latest mail counts."
            )
        case errors.WrongCode():
            form.fields["code"] = _("This code is wrong or too old. Enter the one shown now.")
        case errors.SignUpClosed():
            form.general = _("New accounts are closed at the moment.")
        case errors.UserBanned():
            form.general = _("This account is locked.")
        case errors.TooManyAttempts():
            form.general = _too_many(error.retry_after)
            form.status = 429
            _say_when(error.retry_after)
        case errors.AuthUnavailable():
            form.general = _("Signing in is not possible right now. Try again in a minute.")
            form.status = 503
        case _:
            raise error


def _say_when(seconds: int | None) -> None:
    """Tell programs what the sentence on the page tells people (RFC 6585 section 4)."""

    @after_this_request
    def add(response: Response) -> Response:
        if response.status_code == 429:
            response.headers["Retry-After"] = str(seconds or 60)
        return response


def _too_many(seconds: int | None) -> str:
    if not seconds:
        return _("Too many attempts. Try again in a few minutes.")
    if seconds < 60:
        return ngettext(
            "Too many attempts. Try again in %(num)s second.",
            "Too many attempts. Try again in %(num)s seconds.",
            seconds,
        )
    return ngettext(
        "Too many attempts. Try again in %(num)s minute.",
        "Too many attempts. Try again in %(num)s minutes.",
        -(-seconds // 60),
    )
