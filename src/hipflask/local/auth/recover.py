"""POST /recover: mail a link that lets a password be set anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import audit, flow_state, mail_flows, users
from hipflask.local.auth.emails import normalised_email
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import Challenge
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.post("/recover")
def recover(call: Call) -> Answer:
    """Send the mail, if there is such a user; the answer is the same if not."""
    call.count_against(call.context.limits.recover)
    if not call.config.email.enable_signup:
        raise AuthApiError("email_provider_disabled", "Email logins are disabled")
    if not call.text("email"):
        raise AuthApiError("validation_failed", "Password recovery requires an email")
    email = normalised_email(call.text("email"))
    challenge = Challenge.checked(call.text("code_challenge"), call.text("code_challenge_method"))
    with call.transaction() as tx:
        user = users.find_by_email(tx, email, call.audience)
        if user is None:
            return Answer({})
        if challenge:
            flow_state.create(
                tx,
                challenge,
                user_id=user.id,
                provider_type="recovery",
                authentication_method="recovery",
                now=call.now,
            )
        audit.write(tx, user, "user_recovery_requested", now=call.now)
        mail_flows.send_recovery(call, tx, user, challenge)
    return Answer({})
