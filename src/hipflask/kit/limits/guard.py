"""``rate_limit``: limits on a view."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import current_app

from hipflask.kit.web.visit import app_state

from .limit import Limit

P = ParamSpec("P")
R = TypeVar("R")


def rate_limit(*limits: Limit) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let the view answer only within all of these limits, counted in one round trip.

    Write it below the route and below ``login_required`` or ``api_login_required``, so that the
    user is known. Who asks too often gets a 429 problem with ``Retry-After``; every answer has the
    ``RateLimit`` and ``RateLimit-Policy`` headers.
    """
    if not limits:
        raise TypeError("rate_limit() needs a Limit.")

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> Any:
            app_state().limits.take(*limits)
            return current_app.ensure_sync(view)(*args, **kwargs)

        return guarded

    return decorate
