"""POST /signup with neither address nor number: a user without a name, if the project has such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from hipflask.local.auth import sign_in, users
from hipflask.local.auth.context import DEFAULT_ROLE
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.hooks import new_user
from hipflask.local.auth.routes import Answer

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call


def require_allowed(call: Call) -> None:
    """Raise anonymous_provider_disabled, or over_request_rate_limit for a busy address."""
    if not call.config.enable_anonymous_sign_ins:
        raise AuthApiError("anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    call.count_against(call.context.limits.anonymous)


def sign_up_anonymously(call: Call) -> Answer:
    """Make a user with nothing but metadata and sign them in; PUT /user may add an address."""
    user = users.new_user(
        audience=call.audience,
        role=DEFAULT_ROLE,
        now=call.now,
        user_metadata=call.mapping("data") or {},
    )
    user.is_anonymous = True
    new_user.ask(call, user)
    try:
        with call.transaction() as tx:
            users.insert(tx, user)
            opened = sign_in.open_session(call, tx, user, "anonymous", logged_as=None)
    except psycopg.Error as error:  # most often a trigger of the project's own on auth.users
        raise AuthApiError(
            "unexpected_failure", "Database error creating anonymous user"
        ) from error
    return Answer(opened.as_json())
