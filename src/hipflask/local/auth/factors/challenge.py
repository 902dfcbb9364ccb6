"""Rows of auth.mfa_challenges: each is answered once, soon, and from where it was asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from hipflask.local.auth.errors import AuthApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.factors.factor import Factor

LIFETIME: Final = timedelta(seconds=300)
_NOWHERE: Final = "0.0.0.0"  # noqa: S104 - a value for a column that must not be null


@dataclass(frozen=True, slots=True)
class Challenge:
    """One row of auth.mfa_challenges.

    ``otp_code`` is what a phone was sent, ``webauthn`` what an authenticator shall sign.
    """

    id: UUID
    created_at: datetime
    verified_at: datetime | None
    ip_address: Any
    otp_code: str = field(default="", repr=False)
    webauthn: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def expires_at(self) -> int:
        """When it is too late, in seconds since 1970."""
        return int((self.created_at + LIFETIME).timestamp())


def create(
    call: Call,
    tx: Tx,
    factor: Factor,
    *,
    otp_code: str = "",
    webauthn: Mapping[str, Any] | None = None,
) -> Challenge:
    """Store a new challenge."""
    address = call.address or _NOWHERE
    challenge = Challenge(uuid4(), call.now, None, address, otp_code, webauthn or {})
    values = {
        "id": challenge.id,
        "factor": factor.id,
        "now": challenge.created_at,
        "address": challenge.ip_address,
        "code": otp_code or None,
        "webauthn": None if webauthn is None else Jsonb(webauthn),
    }
    # last_challenged_at is unique in GoTrue's table: of two at the same microsecond one keeps it.
    tx.execute(
        """with noted as (
             update auth.mfa_factors f set last_challenged_at = %(now)s where id = %(factor)s
                and not exists (select from auth.mfa_factors o
                                 where o.last_challenged_at = %(now)s))
           insert into auth.mfa_challenges
             (id, factor_id, created_at, ip_address, otp_code, web_authn_session_data)
           values (%(id)s, %(factor)s, %(now)s, %(address)s::inet, %(code)s, %(webauthn)s)""",
        values,
    )
    return challenge


def find(call: Call, tx: Tx, factor: Factor, challenge_id: str) -> Challenge:
    """Return the challenge that is answered, or raise why it cannot be."""
    try:
        wanted = UUID(challenge_id)
    except ValueError:
        raise AuthApiError("validation_failed", "challenge_id must be an UUID") from None
    row = tx.execute(
        """select id, created_at, verified_at, ip_address, coalesce(otp_code, ''),
                  coalesce(web_authn_session_data, '{}')
             from auth.mfa_challenges where id = %s and factor_id = %s""",
        (wanted, factor.id),
    ).fetchone()
    if row is None:
        raise _unknown()
    challenge = Challenge(*row)
    here = ip_address(call.address or _NOWHERE)
    if challenge.verified_at is not None or challenge.ip_address != here:
        raise _mismatch()
    if call.now > challenge.created_at + LIFETIME:
        tx.execute("delete from auth.mfa_challenges where id = %s", (challenge.id,))
        raise AuthApiError(
            "mfa_challenge_expired",
            f"MFA challenge {challenge.id} has expired, verify against another challenge or"
            " create a new challenge.",
        )
    return challenge


def mark_verified(tx: Tx, challenge: Challenge, *, now: datetime) -> None:
    """Note that the challenge was answered. Of two answers at once the second is refused."""
    marked = tx.execute(
        "update auth.mfa_challenges set verified_at = %s where id = %s and verified_at is null",
        (now, challenge.id),
    )
    if not marked.rowcount:
        raise _mismatch()


def consume(tx: Tx, challenge: Challenge) -> None:
    """Delete the challenge. Of two answers at once the second is refused."""
    deleted = tx.execute("delete from auth.mfa_challenges where id = %s", (challenge.id,))
    if not deleted.rowcount:
        raise _unknown()


def withdraw(tx: Tx, factor: Factor, challenge: Challenge) -> None:
    """Undo a challenge whose code could not be sent; ``factor`` is as it was before."""
    consume(tx, challenge)
    tx.execute(
        "update auth.mfa_factors set last_challenged_at = %s where id = %s",
        (factor.last_challenged_at, factor.id),
    )


def _unknown() -> AuthApiError:
    message = "MFA factor with the provided challenge ID not found"
    return AuthApiError("mfa_factor_not_found", message, status=422)


def _mismatch() -> AuthApiError:
    """Return GoTrue's refusal both of another address and of an answered challenge."""
    return AuthApiError("mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch.")
