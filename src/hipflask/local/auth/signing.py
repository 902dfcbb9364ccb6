"""What GoTrue says about a token that it does not accept."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.key_ring import Checked, Fault, KeyRing

_WORDS: Final = {
    Fault.MALFORMED: "token is malformed",
    Fault.WRONG_ALGORITHM: "token signature is invalid: signing method is invalid",
    Fault.BAD_SIGNATURE: "token signature is invalid",
    Fault.EXPIRED: "token has invalid claims: token is expired",
    Fault.TOO_EARLY: "token has invalid claims: token is not valid yet",
}


def verify(keys: KeyRing, token: str, *, now: datetime) -> dict[str, Any]:
    """Return the claims of ``token``, or raise bad_jwt."""
    checked = keys.check(token, now=now)
    if checked.fault is not None:
        reason = _WORDS.get(checked.fault) or _unverifiable(checked)
        raise AuthApiError("bad_jwt", f"invalid JWT: unable to parse or verify signature, {reason}")
    return checked.claims


def _unverifiable(checked: Checked) -> str:
    kid = checked.header.get("kid")
    return (
        "token is unverifiable: error while executing keyfunc: unrecognized JWT kid"
        f" {'<nil>' if kid is None else kid} for algorithm {checked.header.get('alg')}"
    )
