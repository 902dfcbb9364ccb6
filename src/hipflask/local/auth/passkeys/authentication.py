"""POST /passkeys/authentication/…: signing in by a passkey, without naming oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import users
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.passkeys import challenges, credentials, relying_party
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.sign_in import open_session

if TYPE_CHECKING:
    from datetime import datetime

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.users import User

routes = Routes()


@routes.post("/passkeys/authentication/options")
def options(call: Call) -> Answer:
    """Return what the browser shall have signed."""
    relying_party.require_enabled(call)
    call.count_against(call.context.limits.passkey)
    asked = relying_party.request_options(call)
    return Answer(challenges.store(call, "authentication", asked, None))


@routes.post("/passkeys/authentication/verify")
def verify(call: Call) -> Answer:
    """Open a session by what was signed; its ``amr`` is ``passkey``, its level aal1."""
    relying_party.require_enabled(call)
    challenge = challenges.consume(call, "authentication", None)
    assertion = relying_party.Assertion(call.body["credential"])
    with call.transaction() as tx:
        user = users.find_by_id(tx, assertion.user_id)
        known = [] if user is None else credentials.of_user(tx, user.id)
        used = assertion.check(call, challenge, known)
        assert user is not None  # whose passkey was it else?
        _check_welcome(user, call.now)
        credentials.mark_used(tx, used, assertion.counter_after(used), now=call.now)
        traits = {"passkey_id": str(used.id)}
        tokens = open_session(call, tx, user, "passkey", traits=traits)
    return Answer(tokens.as_json())


def _check_welcome(user: User, now: datetime) -> None:
    """Raise the refusal of users who may not sign in. GoTrue says 403 here, elsewhere 400."""
    if user.email and not user.is_confirmed:
        raise AuthApiError("email_not_confirmed", "Email not confirmed", status=403)
    if user.phone and user.phone_confirmed_at is None:
        raise AuthApiError("phone_not_confirmed", "Phone not confirmed", status=403)
    if user.is_banned(now):
        raise AuthApiError("user_banned", "User is banned")
