"""Rows of auth.mfa_challenges: each is answered once, soon, and from where it was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from hipflask.local.auth.errors import AuthApiError

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.factors.factor import Factor

LIFETIME: Final = timedelta(seconds=300)
_NOWHERE: Final = "0.0.0.0"  # noqa: S104 - a value for a column that must not be null


@dataclass(frozen=True, slots=True)
class Challenge:
    """One row of auth.mfa_challenges."""

    id: UUID
    created_at: datetime
    verified_at: datetime | None
    ip_address: Any

    @property
    def expires_at(self) -> int:
        """When it is too late, in seconds since 1970."""
        return int((self.created_at + LIFETIME).timestamp())


def create(call: Call, tx: Tx, factor: Factor) -> Challenge:
    """Store a new challenge."""
    challenge = Challenge(uuid4(), call.now, None, call.address or _NOWHERE)
    values = {
        "id": challenge.id,
        "factor": factor.id,
        "now": challenge.created_at,
        "address": challenge.ip_address,
    }
    # last_challenged_at is unique in GoTrue's table: of two at the same microsecond one keeps it.
    tx.execute(
        """with noted as (
             update auth.mfa_factors f set last_challenged_at = %(now)s where id = %(factor)s
                and not exists (select from auth.mfa_factors o
                                 where o.last_challenged_at = %(now)s))
           insert into auth.mfa_challenges (id, factor_id, created_at, ip_address)
           values (%(id)s, %(factor)s, %(now)s, %(address)s::inet)""",
        values,
    )
    return challenge


def take(call: Call, tx: Tx, factor: Factor, challenge_id: str) -> Challenge:
    """Return the challenge that is answered, locked, or raise why it cannot be.

    Of two answers at once the second finds it verified.
    """
    try:
        wanted = UUID(challenge_id)
    except ValueError:
        raise AuthApiError("validation_failed", "challenge_id must be an UUID") from None
    row = tx.execute(
        """select id, created_at, verified_at, ip_address from auth.mfa_challenges
            where id = %s and factor_id = %s for update""",
        (wanted, factor.id),
    ).fetchone()
    if row is None:
        raise AuthApiError(
            "mfa_factor_not_found",
            "MFA factor with the provided challenge ID not found",
            status=422,
        )
    challenge = Challenge(*row)
    here = ip_address(call.address or _NOWHERE)
    if challenge.verified_at is not None or challenge.ip_address != here:
        raise AuthApiError("mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch.")
    if call.now > challenge.created_at + LIFETIME:
        raise AuthApiError(
            "mfa_challenge_expired",
            f"MFA challenge {challenge.id} has expired, verify against another challenge or"
            " create a new challenge.",
        )
    return challenge


def mark_verified(tx: Tx, challenge: Challenge, *, now: datetime) -> None:
    """Note that the challenge was answered."""
    tx.execute("update auth.mfa_challenges set verified_at = %s where id = %s", (now, challenge.id))
