"""Step-up: a sensitive action asks the signed-in user to prove once more who they are.

By a code of the authenticator app; by the password where the user has no second factor. The form
that was on its way is not lost: ``step_up.html`` carries its fields, asks for the proof beside
them and sends both to where the form was going. (NIST SP 800-63B section 4.2.3, reauthentication;
OWASP ASVS 3.7.1.)
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal, ParamSpec, TypeVar
from urllib.parse import urlencode

from flask import current_app, make_response, redirect, render_template, request
from jinja2 import TemplateNotFound

from hipflask.errors import (
    AuthError,
    AuthUnavailable,
    InvalidCredentials,
    ReauthenticationNeeded,
    SecondFactorNeeded,
    TooManyAttempts,
    WrongCode,
)
from hipflask.protocol.claims import Claims

from .caller import is_api_request
from .resend import Resend, resend_of_request
from .signed_in import ask_to_sign_in, load_user, own_address
from .visit import app_state

P = ParamSpec("P")
R = TypeVar("R")

CODE: Final = "step_up_code"
PASSWORD: Final = "step_up_password"  # the name of a field
MAX_AGE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class StepUp:
    """What ``step_up.html`` shows: how to prove it, the form that waits, what was refused.

    ``by`` is ``code`` (field ``step_up_code``) or ``password`` (field ``step_up_password``).
    """

    by: Literal["code", "password"]
    form: Resend
    refused: AuthError | None = None


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
    waiting = resend_of_request()
    if waiting is None:
        raise _needed(claims)  # a file or no form at all: nothing that a page could carry
    refused: AuthError | None = None
    if request.form.get(CODE) or request.form.get(PASSWORD):
        try:
            app_state().auth.prove(
                code=request.form.get(CODE, ""), password=request.form.get(PASSWORD, "")
            )
        except (WrongCode, InvalidCredentials, TooManyAttempts, AuthUnavailable) as error:
            refused = error
        else:
            return None
    return _page(claims, waiting, refused)


def _page(claims: Claims, waiting: Resend, refused: AuthError | None) -> Any:
    own = (CODE, PASSWORD)
    form = replace(
        waiting,
        fields=tuple(pair for pair in waiting.fields if pair[0] not in own),
        secrets=tuple(name for name in waiting.secrets if name not in own),
    )
    step_up = StepUp("code" if claims.aal == "aal2" else "password", form, refused)
    try:
        page = render_template("step_up.html", step_up=step_up)
    except TemplateNotFound as error:
        if error.name != "step_up.html":
            raise
        raise _needed(claims) from error
    return make_response(page, 422 if refused else 403)


def _needed(claims: Claims) -> AuthError:
    if claims.aal == "aal2":
        return SecondFactorNeeded("This needs the second factor once more.")
    return ReauthenticationNeeded("This needs a fresh proof of who you are.")
