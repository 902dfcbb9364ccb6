"""POST /passkeys/registration/…: a signed-in user adds a passkey."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth import audit
from hipflask.local.auth.passkeys import challenges, credentials, relying_party
from hipflask.local.auth.passkeys.owner import require_registrant
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()


@routes.post("/passkeys/registration/options")
def options(call: Call) -> Answer:
    """Return what the browser shall ask the authenticator for."""
    user = require_registrant(call)
    with call.reading() as tx:
        known = credentials.of_user(tx, user.id)
    credentials.check_room(len(known))
    asked = relying_party.passkey_options(call, user, known)
    return Answer(challenges.store(call, "registration", asked, user.id))


@routes.post("/passkeys/registration/verify")
def verify(call: Call) -> Answer:
    """Keep the passkey that the authenticator has made."""
    user = require_registrant(call)
    challenge = challenges.consume(call, "registration", user.id)
    made = relying_party.check_creation(call, user.id, challenge, call.body["credential"])
    with call.transaction() as tx:
        credentials.insert(tx, made)
        traits = {"passkey_id": str(made.id)}
        audit.write(tx, user, "passkey_created", now=call.now, address=call.address, traits=traits)
    return Answer(made.as_json())
