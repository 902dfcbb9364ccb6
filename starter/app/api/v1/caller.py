"""Who calls: a program with an access token, or a script on our own pages with the session."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from flask import request

from hipflask import api_login_required, api_user, current_user, login_required

if TYPE_CHECKING:
    from hipflask import User

P = ParamSpec("P")
R = TypeVar("R")


def caller_required(view: Callable[P, R]) -> Callable[P, R]:
    """Let a bearer token in, or a session; a session needs ``X-CSRF-Token`` to change anything.

    A request that carries an Authorization header is judged by it alone, whatever its cookie says.
    """
    by_token, by_session = api_login_required(view), login_required(view)

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
        return (by_token if _has_token() else by_session)(*args, **kwargs)

    return guarded


def caller() -> User:
    """Return the user that ``caller_required`` let in."""
    return api_user if _has_token() else current_user


def _has_token() -> bool:
    return "Authorization" in request.headers
