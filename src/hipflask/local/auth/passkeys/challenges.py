"""Rows of auth.webauthn_challenges: what authenticators are asked to sign, once and soon."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.passkeys.base64url import encode

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

Purpose: TypeAlias = Literal["registration", "authentication"]
#: GoTrue's default (conf, WebAuthnConfiguration).
LIFETIME: Final = timedelta(minutes=5)


def new_challenge() -> str:
    """Return 32 random bytes (WebAuthn section 13.4.3 wants 16 at least) as base64url."""
    return encode(secrets.token_bytes(32))


def store(call: Call, purpose: Purpose, options: dict[str, Any], user_id: UUID | None) -> Any:
    """Keep the challenge of ``options`` and return the body that brings it to the browser.

    Challenges that nobody came back for go at the same time: no job cleans up here.
    """
    challenge_id, expires_at = uuid4(), call.now + LIFETIME
    session: dict[str, Any] = {
        "challenge": options["challenge"],
        "rpId": call.config.webauthn.rp_id,
        "userVerification": "preferred",
    }
    if user_id is not None:
        session["user_id"] = options["user"]["id"]
    with call.transaction() as tx:
        tx.execute("delete from auth.webauthn_challenges where expires_at < %s", (_past(call.now),))
        tx.execute(
            "insert into auth.webauthn_challenges"
            " (id, user_id, challenge_type, session_data, created_at, expires_at)"
            " values (%s, %s, %s, %s, %s, %s)",
            (challenge_id, user_id, purpose, Jsonb(session), call.now, expires_at),
        )
    return {
        "challenge_id": str(challenge_id),
        "options": options,
        "expires_at": int(expires_at.timestamp()),
    }


def consume(call: Call, purpose: Purpose, user_id: UUID | None) -> str:
    """Return the challenge that the body names. It is used up, whatever comes of it."""
    asked = call.text("challenge_id")
    if not asked:
        raise AuthApiError("validation_failed", "challenge_id is required")
    if "credential" not in call.body:
        raise AuthApiError("validation_failed", "credential is required")
    try:
        challenge_id = UUID(asked)
    except ValueError:
        raise AuthApiError("validation_failed", "challenge_id must be a valid UUID") from None
    with call.reading() as tx:
        row = tx.execute(
            "delete from auth.webauthn_challenges where id = %s and challenge_type = %s"
            " and user_id is not distinct from %s returning session_data, expires_at",
            (challenge_id, purpose, user_id),
        ).fetchone()
    if row is None:
        raise AuthApiError("webauthn_challenge_not_found", "Challenge not found or already used")
    session, expires_at = row
    if call.now > expires_at:
        raise AuthApiError("webauthn_challenge_expired", "Challenge has expired")
    return str(session["challenge"])


def _past(now: datetime) -> datetime:
    """Return since when a challenge must be over to go: for an hour it can still say "expired"."""
    return now - timedelta(hours=1)
