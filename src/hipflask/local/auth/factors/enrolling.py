"""POST /factors: beginning to add a second factor (GoTrue, mfa.go EnrollFactor)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from hipflask.local.auth import audit
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.factors import factor as factors
from hipflask.local.auth.factors import owner, phone, totp
from hipflask.local.auth.factors.factor import Factor
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.sessions import Session
    from hipflask.local.auth.users import User

routes = Routes()
#: GoTrue's MaxVerifiedFactors, which config.toml has no key for.
_MOST_VERIFIED: Final = 10


@routes.post("/factors")
def enroll(call: Call) -> Answer:
    """Begin to add a factor: it counts once a proof of it was given."""
    user, session = owner.require_session(call)
    kind = call.text("factor_type")
    if kind not in owner.SHOWN:
        raise AuthApiError("validation_failed", "factor_type needs to be totp, phone, or webauthn")
    if not owner.settings_of(call, kind).enroll_enabled:
        raise AuthApiError(
            f"mfa_{kind}_enroll_not_enabled", f"MFA enroll is disabled for {owner.SHOWN[kind]}"
        )
    name = factors.checked_name(call.text("friendly_name"))
    factor, shown = _begin(call, user, kind, name)
    with call.transaction() as tx:
        # Locked, so that of several requests at once each sees what the others have added.
        tx.execute("select from auth.users where id = %s for update", (user.id,))
        if kind == "phone":
            phone.make_way(tx, factor)
        _require_room(call, tx, user, session, name)
        factors.insert(tx, factor)
        traits = {"factor_id": str(factor.id), "factor_type": kind}
        audit.write(
            tx, user, "factor_in_progress", now=call.now, address=call.address, traits=traits
        )
    return Answer({"id": str(factor.id), "type": kind, "friendly_name": name} | shown)


def _begin(call: Call, user: User, kind: str, name: str) -> tuple[Factor, dict[str, Any]]:
    """Return the factor, and what only this type shows of it."""
    if kind == "totp":
        return _app(call, user, name)
    number = phone.number_of(call) if kind == "phone" else ""
    factor = factors.begun(user.id, kind, friendly_name=name, phone=number, now=call.now)
    return factor, ({"phone": call.text("phone")} if number else {})


def _app(call: Call, user: User, name: str) -> tuple[Factor, dict[str, Any]]:
    """Return a factor by authenticator app; this is the only time that its secret is shown."""
    secret = totp.new_secret()
    issuer = call.text("issuer") or urlsplit(call.config.site_url).netloc
    address = totp.address(secret, issuer=issuer, account=user.email)
    shown = {"qr_code": _picture(address), "secret": secret, "uri": address}
    factor = factors.begun(user.id, "totp", friendly_name=name, secret=secret, now=call.now)
    return factor, {"totp": shown}


def _picture(address: str) -> str:
    try:
        return totp.qr_code(address)
    except ValueError:
        raise AuthApiError(
            "validation_failed", "issuer and e-mail address are too long for a QR code"
        ) from None


def _require_room(call: Call, tx: Tx, user: User, session: Session, name: str) -> None:
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
        raise owner.needs_second_level()
