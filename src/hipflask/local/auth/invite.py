"""POST /invite: an admin mails somebody a link that makes them a user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import audit, mail_flows, users
from hipflask.local.auth.admin import new_users
from hipflask.local.auth.admin.actor import require_admin
from hipflask.local.auth.admin.parameters import EMAIL_TAKEN
from hipflask.local.auth.emails import normalised_email
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.hooks import new_user
from hipflask.local.auth.routes import Answer, Routes
from hipflask.local.auth.user_shape import user_json

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.post("/invite")
def invite(call: Call) -> Answer:
    """Make the user, unless they are there and unconfirmed, and send the mail."""
    admin = require_admin(call)
    email = normalised_email(call.text("email"))
    data = call.mapping("data") or {}
    fresh = new_users.unstored(call, email, data)
    new_user.ask_unless_known(call, fresh, lambda tx: users.find_by_email(tx, email, call.audience))
    with call.transaction() as tx:
        user = users.find_by_email(tx, email, call.audience)
        if user is None:
            user = new_users.store(call, tx, fresh)
        elif user.is_confirmed:
            raise AuthApiError("email_exists", EMAIL_TAKEN)
        invited = {"user_id": str(user.id), "user_email": user.email}
        audit.write(tx, admin, "user_invited", now=call.now, traits=invited)
        mail_flows.send_invite(call, tx, user)
    return Answer(user_json(user))
