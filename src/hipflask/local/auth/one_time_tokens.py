"""Rows of auth.one_time_tokens, and the codes whose hashes they hold.

A token is the SHA-224 of address and code in hex (GoTrue, crypto.go); the link carries the hash,
the mail the code. Columns of auth.users repeat the hash, as in GoTrue.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import PKCE_PREFIX

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx
    from hipflask.local.config.auth import EmailConfig

CONFIRMATION: Final = "confirmation_token"
REAUTHENTICATION: Final = "reauthentication_token"
RECOVERY: Final = "recovery_token"
EMAIL_CHANGE_NEW: Final = "email_change_token_new"
EMAIL_CHANGE_CURRENT: Final = "email_change_token_current"

_USUAL_LENGTH: Final = 6
_USUAL_LIFETIME: Final = 86_400


def new_code(config: EmailConfig, randbelow: Callable[[int], int] = secrets.randbelow) -> str:
    """Return a code of ``otp_length`` digits; lengths outside 6 to 10 count as 6, as in GoTrue."""
    length = config.otp_length if 6 <= config.otp_length <= 10 else _USUAL_LENGTH
    return str(randbelow(10**length)).zfill(length)


def hash_of(address: str, code: str) -> str:
    """Return the token that belongs to this code for this address."""
    return hashlib.sha224((address + code).encode()).hexdigest()


def same(given: str, stored: str) -> bool:
    """Compare two tokens in constant time."""
    return hmac.compare_digest(given.encode(), stored.encode())


def matches(given: str, stored: str) -> bool:
    """Compare the hash of a typed code with a stored token, of a PKCE flow or not."""
    return stored != "" and (same(given, stored) or same(PKCE_PREFIX + given, stored))


def is_expired(sent_at: datetime | None, config: EmailConfig, now: datetime) -> bool:
    """Say whether a token of this age may no longer be used."""
    lifetime = timedelta(seconds=config.otp_expiry or _USUAL_LIFETIME)
    return sent_at is None or now > sent_at + lifetime


def check_frequency(sent_at: datetime | None, config: EmailConfig, now: datetime) -> None:
    """Raise over_email_send_rate_limit when the last mail of this kind is too recent."""
    if sent_at is None or sent_at + config.max_frequency <= now:
        return
    left = int((sent_at + config.max_frequency - now).total_seconds())
    raise AuthApiError(
        "over_email_send_rate_limit",
        f"For security purposes, you can only request this after {left} seconds.",
    )


def store(
    tx: Tx, user_id: UUID, kind: str, token_hash: str, *, relates_to: str, now: datetime
) -> None:
    """Store a token in place of the user's last one of this kind."""
    clear(tx, user_id, kind)
    tx.execute(
        """insert into auth.one_time_tokens
               (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
           values (%s, %s, %s, %s, %s, %s, %s)""",
        (uuid4(), user_id, kind, token_hash, relates_to.lower(), *[_naive(now)] * 2),
    )


def clear(tx: Tx, user_id: UUID, kind: str) -> None:
    """Delete the user's token of this kind."""
    tx.execute(
        "delete from auth.one_time_tokens where user_id = %s and token_type = %s", (user_id, kind)
    )


@dataclass(frozen=True, slots=True)
class Owned:
    """A stored token: whose it is, of what kind, and the address or number it was sent to."""

    user_id: UUID
    kind: str
    relates_to: str


def lock_owner(tx: Tx, token_hash: str, *kinds: str) -> Owned | None:
    """Lock the owner of a token of these kinds and return what is then still stored of it.

    The lock lets only the first of two requests with one token succeed. It is on the user's row,
    as everywhere in Auth, so that two requests never wait for each other.
    """
    condition = "token_hash = %s and token_type = any(%s::auth.one_time_token_type[])"
    values = (token_hash, list(kinds))
    tx.execute(
        f"""select from auth.users where id in
              (select user_id from auth.one_time_tokens where {condition}) for update""",  # noqa: S608
        values,
    )
    row = tx.execute(
        f"""select user_id, token_type::text, relates_to from auth.one_time_tokens
             where {condition} limit 1""",  # noqa: S608
        values,
    ).fetchone()
    return None if row is None else Owned(*row)


def _naive(moment: datetime) -> datetime:
    """The table's columns are without zone and hold UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None)
