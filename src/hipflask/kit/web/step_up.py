"""Step-up: a sensitive action asks the signed-in user to prove once more who they are.

What proves it, auth/proof.py says: a second factor, else the password, else a mailed code. The form
that was on its way is not lost: ``step_up.html`` carries its fields, asks for the proof beside
them and sends both to where the form was going.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import urlencode

from flask import current_app, make_response, redirect, render_template, request
from jinja2 import TemplateNotFound

from hipflask.errors import (
    AuthError,
    AuthUnavailable,
    InvalidCredentials,
    LinkExpired,
    ReauthenticationNeeded,
    SecondFactorNeeded,
    SignUpClosed,
    TooManyAttempts,
    WrongCode,
)
from hipflask.kit.auth.proof import Way
from hipflask.protocol.claims import Claims

from .caller import is_api_request
from .resend import Resend, resend_of_request
from .signed_in import ask_to_sign_in, load_user, own_address
from .visit import app_state

P = ParamSpec("P")
R = TypeVar("R")

CODE: Final = "step_up_code"
PASSWORD: Final = "step_up_password"  # the name of a field
BY_MAIL: Final = "step_up_by_mail"
SEND: Final = "step_up_send"
_REFUSALS: Final = (
    WrongCode,
    LinkExpired,
    InvalidCredentials,
    SignUpClosed,  # Auth sends no codes: its e-mail sign-in is switched off
    TooManyAttempts,
    AuthUnavailable,
)
MAX_AGE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class StepUp:
    """What ``step_up.html`` shows: how to prove it, the form that waits, what was refused.

    ``by`` is ``code`` or ``mail`` (field ``step_up_code``), ``password`` (``step_up_password``),
    or ``again`` for somebody who can only sign out and in. A button named ``step_up_send`` mails
    the code, also to somebody who is asked for the password; ``sent`` says that this was done.
    A form for such a code carries ``step_up_by_mail``.
    """

    by: Way
    form: Resend
    refused: AuthError | None = None
    sent: bool = False


def recent_sign_in_required(
    view: Callable[P, Any] | None = None, *, max_age: timedelta = MAX_AGE
) -> Any:
    """Let through who has signed in, or proved it again, within ``max_age``; includes sign-in.

    Whoever has a second factor must have shown that. Usable with and without parentheses.
    """
    return _decorated(view, max_age, strict=False)


def second_factor_required(
    view: Callable[P, Any] | None = None, *, max_age: timedelta | None = None
) -> Any:
    """Let through only who has shown a second factor, within ``max_age`` if it is given.

    Who has none gets the problem ``second-factor-needed`` (403).
    """
    return _decorated(view, max_age, strict=True)


def _decorated(view: Callable[P, Any] | None, max_age: timedelta | None, *, strict: bool) -> Any:
    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
            user = load_user()
            if user is None:
                return ask_to_sign_in()
            if strict and user.claims.aal != "aal2":
                raise SecondFactorNeeded("This needs a second factor.")
            if not is_recent(user.claims, max_age):
                answer = _prove(user.claims)
                if answer is not None:
                    return answer
            return current_app.ensure_sync(view)(*args, **kwargs)

        return guarded

    return decorate if view is None else decorate(view)


def is_recent(claims: Claims, max_age: timedelta | None = MAX_AGE) -> bool:
    """Whether the user's strongest proof is young enough, by the token's ``amr``."""
    if max_age is None:
        return True
    proved_at = claims.second_factor_at if claims.aal == "aal2" else claims.proved_at
    return proved_at > app_state().clock.now().timestamp() - max_age.total_seconds()


def _prove(claims: Claims) -> Any:
    """Return the answer that asks for the proof; None when this very request has brought it."""
    if is_api_request():
        raise _needed(claims)
    if request.method in ("GET", "HEAD"):
        url = current_app.config["HIPFLASK_STEP_UP_URL"]
        return redirect(f"{url}?{urlencode({'next': own_address()})}", 303)
    waiting = resend_of_request(may_be_empty=True)
    if waiting is None:
        raise _needed(claims)  # a file or no form at all: nothing that a page could carry
    way = app_state().auth.proof.way()
    by_mail = way == "mail" or (way == "password" and bool(request.form.get(BY_MAIL)))
    step_up = StepUp("mail" if by_mail else way, _without_proof(waiting), sent=by_mail)
    try:
        if request.form.get(SEND) and way in ("mail", "password"):
            app_state().auth.proof.send_code()
            return _page(claims, replace(step_up, by="mail", sent=True))
        if not (request.form.get(CODE) or request.form.get(PASSWORD)):
            return _page(claims, replace(step_up, sent=False))
        app_state().auth.proof.give(
            code=request.form.get(CODE, ""),
            password=request.form.get(PASSWORD, ""),
            mailed=by_mail,
        )
    except _REFUSALS as error:
        return _page(claims, replace(step_up, refused=error))
    return None


def _without_proof(waiting: Resend) -> Resend:
    """Return the form that waits without the fields of this page."""
    own = (CODE, PASSWORD, BY_MAIL, SEND)
    return replace(
        waiting,
        fields=tuple(pair for pair in waiting.fields if pair[0] not in own),
        secrets=tuple(name for name in waiting.secrets if name not in own),
    )


def _page(claims: Claims, step_up: StepUp) -> Any:
    try:
        page = render_template("step_up.html", step_up=step_up)
    except TemplateNotFound as error:
        if error.name != "step_up.html":
            raise
        raise _needed(claims) from error
    return make_response(page, 422 if step_up.refused else 403)


def _needed(claims: Claims) -> AuthError:
    if claims.aal == "aal2":
        return SecondFactorNeeded("This needs the second factor once more.")
    return ReauthenticationNeeded("This needs a fresh proof of who you are.")
