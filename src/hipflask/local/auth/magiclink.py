"""POST /magiclink: mail a sign-in link; an unknown address is signed up first."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from hipflask.local.auth import audit, flow_state, mail_flows, passwords, signup, users
from hipflask.local.auth.emails import normalised_email
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import Challenge
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.post("/magiclink")
def magiclink(call: Call) -> Answer:
    """Send the link."""
    call.count_against(call.context.limits.magiclink)
    return send_link(call)


def send_link(call: Call) -> Answer:
    """Send a sign-in link, or the confirmation of a sign-up, which signs in as well.

    An address that nobody has confirmed goes through sign-up, as in GoTrue; where that needs no
    confirmation, the link follows at once.
    """
    if not call.config.email.enable_signup:
        raise AuthApiError("email_provider_disabled", "Email logins are disabled", status=422)
    if not call.text("email"):
        raise AuthApiError("validation_failed", "Password recovery requires an email", status=422)
    email = normalised_email(call.text("email"))
    challenge = Challenge.checked(call.text("code_challenge"), call.text("code_challenge_method"))
    with call.reading() as tx:
        user = users.find_by_email(tx, email, call.audience)
    if user is None or not user.is_confirmed:
        _sign_up(call, email, challenge)
        if call.config.email.enable_confirmations:
            return Answer({})
    with call.transaction() as tx:
        user = users.find_by_email(tx, email, call.audience)
        if user is None:  # deleted between the two
            return Answer({})
        if challenge:
            flow_state.create(
                tx,
                challenge,
                user_id=user.id,
                provider_type="magiclink",
                authentication_method="magiclink",
                now=call.now,
            )
        audit.write(tx, user, "user_recovery_requested", now=call.now)
        mail_flows.send_magic_link(call, tx, user, challenge)
    return Answer({})


def _sign_up(call: Call, email: str, challenge: Challenge) -> None:
    signup.require_open(call)
    nobodys_password = secrets.token_urlsafe(33)
    asked = signup.SignUp(
        email=email,
        encrypted_password=passwords.hash_password(nobodys_password, call.context.bcrypt_cost),
        data=call.mapping("data") or {},
        challenge=challenge,
        audience=call.audience,
    )
    signup.sign_up(call, asked)
