"""/factors/ID: asking for a second factor, showing it and removing it (GoTrue, mfa.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hipflask.local.auth import audit, mail_flows
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.factors import (
    assurance,
    challenge,
    owner,
    phone,
    security_key,
    totp,
)
from hipflask.local.auth.factors import factor as factors
from hipflask.local.auth.factors.verdict import judge
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.access_tokens import TokenResponse
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.factors.challenge import Challenge
    from hipflask.local.auth.factors.factor import Factor
    from hipflask.local.auth.passkeys.credentials import Credential
    from hipflask.local.auth.sessions import Session
    from hipflask.local.auth.users import User

routes = Routes()


@routes.post("/factors/<factor_id>/challenge")
def ask(call: Call, factor_id: str) -> Answer:
    """Make a challenge: a code to be shown or sent, or something to be signed."""
    user, session = owner.require_session(call)
    factor = owner.find(call, user, factor_id)
    call.count_against(call.context.limits.factor_challenge)
    owner.require_verifiable(call, factor)
    owner.require_level(user, session, factor)
    shown: dict[str, Any] = {}
    by_hook = phone.ask_by_hook(call, user, factor) if factor.factor_type == "phone" else None
    with call.transaction() as tx:
        if by_hook is not None:
            asked = by_hook
        elif factor.factor_type == "phone":
            asked = phone.ask(call, tx, factor)
        elif factor.factor_type == "webauthn":
            asked, shown["webauthn"] = security_key.ask(call, tx, user, factor)
        else:
            asked = challenge.create(call, tx, factor)
        traits = {"factor_id": str(factor.id), "factor_status": factor.status}
        audit.write(
            tx, user, "challenge_created", now=call.now, address=call.address, traits=traits
        )
    shown |= {"id": str(asked.id), "type": factor.factor_type, "expires_at": asked.expires_at}
    return Answer(shown)


@routes.post("/factors/<factor_id>/verify")
def show(call: Call, factor_id: str) -> Answer:
    """Answer a challenge; the session then has two factors, and new tokens."""
    user, session = owner.require_session(call)
    factor = owner.find(call, user, factor_id)
    call.count_against(call.context.limits.factor_verify)
    if not call.text("code") and factor.factor_type != "webauthn":
        raise AuthApiError("validation_failed", "Code needs to be non-empty")
    owner.require_verifiable(call, factor)
    owner.require_level(user, session, factor)
    is_new = not factor.is_verified
    answered, key = _proved(call, user, factor)
    raised = _accept(call, user, session, factor, answered, key)
    if is_new:
        _notify(call, user, "mfa_factor_enrolled", factor)
    return Answer(raised.as_json())


def _proved(call: Call, user: User, factor: Factor) -> tuple[Challenge, Credential | None]:
    """Return the challenge that is answered rightly, and the key that did it, or raise."""
    kind, key = factor.factor_type, None
    signed = security_key.sent(call) if kind == "webauthn" else {}
    with call.reading() as tx:
        asked = challenge.find(call, tx, factor, call.text("challenge_id"))
    if kind == "webauthn":
        key = security_key.check(call, user, factor, asked, signed)
        is_right = key is not None
    elif kind == "phone":
        is_right = phone.is_right(call, asked)
    else:
        is_right = totp.matches(factor.secret, call.text("code"), call.now)
    judge(call, factor, is_right=is_right)
    return asked, key


def _accept(
    call: Call,
    user: User,
    session: Session,
    factor: Factor,
    answered: Challenge,
    key: Credential | None,
) -> TokenResponse:
    """Let a right answer count, once."""
    with call.transaction() as tx:
        traits = {
            "factor_id": str(factor.id),
            "challenge_id": str(answered.id),
            "factor_type": factor.factor_type,
        }
        audit.write(
            tx, user, "verification_attempted", now=call.now, address=call.address, traits=traits
        )
        if key is None:
            challenge.mark_verified(tx, answered, now=call.now)
        else:
            challenge.consume(tx, answered)
            security_key.keep(tx, factor, key)
        if not factor.is_verified:
            factors.mark_verified(tx, factor, now=call.now)
        factors.delete_unverified(tx, user.id, factor.factor_type)
        return assurance.raise_session(call, tx, factor, session.id)


@routes.delete("/factors/<factor_id>")
def remove(call: Call, factor_id: str) -> Answer:
    """Remove a factor. A verified one only by a session that it, or another, has raised."""
    user, session = owner.require_session(call)
    factor = owner.find(call, user, factor_id)
    if factor.is_verified and session.aal != "aal2":
        raise AuthApiError(
            "insufficient_aal", "AAL2 required to unenroll verified factor", status=422
        )
    with call.transaction() as tx:
        factors.delete(tx, factor)
        traits = {
            "factor_id": str(factor.id),
            "factor_status": factor.status,
            "session_id": str(session.id),
        }
        audit.write(
            tx, user, "factor_unenrolled", now=call.now, address=call.address, traits=traits
        )
    _notify(call, user, "mfa_factor_unenrolled", factor)
    return Answer({"id": str(factor.id)})


def _notify(call: Call, user: User, name: str, factor: Factor) -> None:
    mail_flows.notify(call, name, user.email, user, FactorType=factor.factor_type)
