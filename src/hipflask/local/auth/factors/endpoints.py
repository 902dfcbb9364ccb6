"""/factors: adding, asking for, showing and removing a second factor (GoTrue, mfa.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from uuid import uuid4

from hipflask.local.auth import audit, mail_flows
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.factors import assurance, challenge, totp
from hipflask.local.auth.factors import factor as factors
from hipflask.local.auth.factors.factor import Factor
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.sessions import Session
    from hipflask.local.auth.users import User

routes = Routes()
_SHOWN: Final = {"totp": "TOTP", "phone": "Phone", "webauthn": "WebAuthn"}
#: GoTrue's MaxVerifiedFactors, which config.toml has no key for.
_MOST_VERIFIED: Final = 10
_LONGEST_NAME: Final = 255


@routes.post("/factors")
def enroll(call: Call) -> Answer:
    """Begin to add a factor: it counts once a code of it was shown."""
    user, session = _require_session(call)
    kind = call.text("factor_type")
    if kind not in _SHOWN:
        raise AuthApiError("validation_failed", "factor_type needs to be totp, phone, or webauthn")
    if kind != "totp" or not call.config.mfa.totp.enroll_enabled:
        raise AuthApiError(
            f"mfa_{kind}_enroll_not_enabled", f"MFA enroll is disabled for {_SHOWN[kind]}"
        )
    name = call.text("friendly_name")
    secret = totp.new_secret()
    issuer = call.text("issuer") or urlsplit(call.config.site_url).netloc
    address = totp.address(secret, issuer=issuer, account=user.email)
    picture = _picture(address)
    if len(name) > _LONGEST_NAME:
        raise AuthApiError(
            "validation_failed", f"friendly_name must have at most {_LONGEST_NAME} characters"
        )
    factor = Factor(
        uuid4(), user.id, name, "totp", "unverified", call.now, call.now, secret, None, None
    )
    with call.transaction() as tx:
        _require_room(call, tx, user, session, name)
        factors.insert(tx, factor)
        traits = {"factor_id": str(factor.id)}
        audit.write(tx, user, "factor_in_progress", now=call.now, traits=traits)
    return Answer(
        {
            "id": str(factor.id),
            "type": "totp",
            "friendly_name": name,
            "totp": {"qr_code": picture, "secret": secret, "uri": address},
        }
    )


def _picture(address: str) -> str:
    try:
        return totp.qr_code(address)
    except ValueError:
        raise AuthApiError(
            "validation_failed", "issuer and e-mail address are too long for a QR code"
        ) from None


def _require_room(call: Call, tx: Tx, user: User, session: Session, name: str) -> None:
    # Locked, so that of several requests at once each sees what the others have added.
    tx.execute("select from auth.users where id = %s for update", (user.id,))
    factors.delete_expired(tx, user.id, now=call.now)
    present = factors.of_user(tx, user.id)
    if any(one.friendly_name == name for one in present):
        raise factors.name_conflict(name)
    verified = sum(one.is_verified for one in present)
    if len(present) >= call.config.mfa.max_enrolled_factors or verified >= _MOST_VERIFIED:
        raise AuthApiError(
            "too_many_enrolled_mfa_factors",
            "Maximum number of verified factors reached, unenroll to continue",
        )
    if verified and session.aal != "aal2":
        raise AuthApiError("insufficient_aal", "AAL2 required to enroll a new factor", status=403)


@routes.post("/factors/<factor_id>/challenge")
def ask(call: Call, factor_id: str) -> Answer:
    """Make a challenge that a code of the factor answers."""
    user, _ = _require_session(call)
    factor = _found(call, user, factor_id)
    call.count_against(call.context.limits.factors)
    _require_verifiable(call, factor)
    with call.transaction() as tx:
        asked = challenge.create(call, tx, factor)
        traits = {"factor_id": str(factor.id), "factor_status": factor.status}
        audit.write(tx, user, "challenge_created", now=call.now, traits=traits)
    return Answer({"id": str(asked.id), "type": factor.factor_type, "expires_at": asked.expires_at})


@routes.post("/factors/<factor_id>/verify")
def show(call: Call, factor_id: str) -> Answer:
    """Answer a challenge; the session then has two factors, and new tokens."""
    user, session = _require_session(call)
    factor = _found(call, user, factor_id)
    call.count_against(call.context.limits.factors)
    code = call.text("code")
    if not code and factor.factor_type != "webauthn":
        raise AuthApiError("validation_failed", "Code needs to be non-empty")
    _require_verifiable(call, factor)
    is_new = not factor.is_verified
    with call.transaction() as tx:
        answered = challenge.take(call, tx, factor, call.text("challenge_id"))
        if not totp.matches(factor.secret, code, call.now):
            raise AuthApiError("mfa_verification_failed", "Invalid TOTP code entered")
        traits = {
            "factor_id": str(factor.id),
            "challenge_id": str(answered.id),
            "factor_type": factor.factor_type,
        }
        audit.write(tx, user, "verification_attempted", now=call.now, traits=traits)
        challenge.mark_verified(tx, answered, now=call.now)
        if is_new:
            factors.mark_verified(tx, factor, now=call.now)
        factors.delete_unverified(tx, user.id, factor.factor_type)
        raised = assurance.raise_session(call, tx, factor, session.id)
    if is_new:
        _notify(call, user, "mfa_factor_enrolled", factor)
    return Answer(raised.as_json())


@routes.delete("/factors/<factor_id>")
def remove(call: Call, factor_id: str) -> Answer:
    """Remove a factor. A verified one only by a session that it, or another, has raised."""
    user, session = _require_session(call)
    factor = _found(call, user, factor_id)
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
        audit.write(tx, user, "factor_unenrolled", now=call.now, traits=traits)
    _notify(call, user, "mfa_factor_unenrolled", factor)
    return Answer({"id": str(factor.id)})


def _require_session(call: Call) -> tuple[User, Session]:
    user, session = call.require_user()
    if call.bearer_claims().get("is_anonymous") is True:
        raise AuthApiError(
            "no_authorization", "Anonymous user not allowed to perform these actions", status=403
        )
    if session is None:
        raise AuthApiError("session_not_found", "A valid session is required to use second factors")
    return user, session


def _found(call: Call, user: User, factor_id: str) -> Factor:
    with call.reading() as tx:
        return factors.find(tx, user.id, factor_id)


def _require_verifiable(call: Call, factor: Factor) -> None:
    kind = factor.factor_type
    if kind != "totp" or not call.config.mfa.totp.verify_enabled:
        raise AuthApiError(
            f"mfa_{kind}_verify_not_enabled", f"MFA verification is disabled for {_SHOWN[kind]}"
        )


def _notify(call: Call, user: User, name: str, factor: Factor) -> None:
    mail_flows.notify(call, name, user.email, user, FactorType=factor.factor_type)
