"""Who is asking: ``current_user`` by the session cookie, ``api_user`` by a bearer token.

The two never mix. A request that carries a bearer token has no current user, whatever its cookie
says (so it needs no CSRF token); a route of the API never looks at the cookie.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import urlencode

from flask import current_app, redirect, request
from werkzeug.local import LocalProxy

from hipflask.errors import (
    NotSignedIn,
    OneTimeTokenRefused,
    SecondFactorNeeded,
    SessionExpired,
    TokenRejected,
)
from hipflask.kit.auth.user import User
from hipflask.protocol.roles import AUTHENTICATED

from .caller import bearer_token, is_api_request
from .csrf import csrf_exempt
from .flash import PARAMETER as FLASH
from .visit import app_state, visit

P = ParamSpec("P")
R = TypeVar("R")

_MOST_TOKEN: Final = 16 * 1024


def load_user() -> User | None:
    """Return the signed-in user of this request; the session is loaded at the first call."""
    current = visit()
    if not current.session_loaded:
        session_id = None if bearer_token() else current.session_id()
        session = app_state().sessions.load(session_id) if session_id else None
        current.session_loaded = True
        if session is not None and session.lacks_second_factor:
            # Nobody is signed in before the second factor; hip.auth.factors alone looks at it.
            current.half_session, session = session, None
        current.session = session
        if session is not None:
            current.user_id = session.user.id
    return current.session.user if current.session else None


def load_api_user() -> User | None:
    """Return the user whose token ``api_login_required`` has accepted in this request."""
    user: User | None = visit().api_user
    return user


current_user: User = LocalProxy(load_user)  # type: ignore[assignment]
"""The user that the session cookie signs in. False where nobody is."""

api_user: User = LocalProxy(load_api_user)  # type: ignore[assignment]
"""The user of the bearer token, on routes under ``api_login_required``."""


def login_required(view: Callable[P, R]) -> Callable[P, R]:
    """Let only the signed-in through: people go to the sign-in page and come back afterwards.

    Who has a second factor is signed in only after it: until then they go to its page, and a
    program gets a 403 problem. Else a program gets a 401 problem. A form that was sent after the
    session had ended is kept: its page says so and offers to send it again.
    """

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        if load_user() is None:
            return ask_to_sign_in()
        return current_app.ensure_sync(view)(*args, **kwargs)

    return guarded


def ask_to_sign_in() -> Any:
    """Answer somebody who is not signed in, or only but for the second factor."""
    if visit().half_session is not None:
        return _ask_for_second_factor()
    ended = visit().received.may_be_signed_in
    if is_api_request() or request.method not in ("GET", "HEAD"):
        if ended:
            raise SessionExpired("The session has ended.")
        raise NotSignedIn("This needs a signed-in user.")
    login_url = current_app.config["HIPFLASK_LOGIN_URL"]
    return redirect(f"{login_url}?{urlencode({'next': own_address()})}", 303)


def _ask_for_second_factor() -> Any:
    if is_api_request() or request.method not in ("GET", "HEAD"):
        raise SecondFactorNeeded("This needs the second factor of the user.")
    url = current_app.config["HIPFLASK_SECOND_FACTOR_URL"]
    return redirect(f"{url}?{urlencode({'next': own_address()})}", 303)


def own_address() -> str:
    """Return this page's path and query, without a flashed message that is shown only once."""
    pairs = [pair for pair in request.args.items(multi=True) if pair[0] != FLASH]
    return request.path + (f"?{urlencode(pairs)}" if pairs else "")


def api_login_required(view: Callable[P, R]) -> Callable[P, R]:
    """Let only a valid access token through; the cookie is never looked at.

    Also usable as ``blueprint.before_request(require_api_user)``. Such a view needs no CSRF token.
    """

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        require_api_user()
        return current_app.ensure_sync(view)(*args, **kwargs)

    return csrf_exempt(guarded)


def require_api_user() -> None:
    """Verify the request's bearer token and set ``api_user``.

    Raises NotSignedIn without a token, TokenRejected for one that does not verify, and
    OneTimeTokenRefused for one from a link or code: it cannot be told from a recovery token, and
    recovery may only reset the password. SecondFactorNeeded for one of ``aal1`` whose user has a
    second factor.
    """
    current = visit()
    current.depends_on_visitor = True
    token = bearer_token()
    if not token:
        raise NotSignedIn("Send an access token: Authorization: Bearer …")
    if len(token) > _MOST_TOKEN:
        raise TokenRejected("The access token is too long.", reason="malformed")
    claims = app_state().tokens.verify(token)
    if claims.role != AUTHENTICATED:
        # An API key is a token too: whoever holds one is no user.
        raise TokenRejected("The access token belongs to no user.", reason="role")
    if claims.is_one_time:
        raise OneTimeTokenRefused("The access token came from a one-time link or code.")
    if app_state().factor_lookup.is_lacking(claims):
        raise SecondFactorNeeded("The access token lacks the user's second factor (aal2).")
    current.api_user = User.from_claims(claims)
    current.user_id = claims.sub
