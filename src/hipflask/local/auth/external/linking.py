"""Whose account is it that a provider vouches for? (GoTrue, models/linking.go)"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING
from uuid import UUID

from hipflask.local.auth import users
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.external.profile import Profile, ProviderEmail

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User


class Verdict(Enum):
    """What to do with somebody who came back from a provider."""

    KNOWN = "the identity is there"
    LINK = "a user has one of the verified addresses"
    CREATE = "nobody has"


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, the user that it is about, and the address to judge by."""

    verdict: Verdict
    email: ProviderEmail
    user: User | None = None


def decide(tx: Tx, profile: Profile, provider: str, audience: str, *, trusting: bool) -> Decision:
    """Decide by the identity, then by verified addresses.

    ``trusting``: the project confirms addresses by itself, so that all of them count as verified.
    Raises unexpected_failure when more than one user could be meant.
    """
    email = next((one for one in profile.emails if one.primary), ProviderEmail(""))
    email = ProviderEmail(email.address.lower(), email.verified, email.primary)
    owner = owner_of(tx, profile.subject, provider)
    if owner is not None:
        user = _user(tx, owner)
        return Decision(
            Verdict.KNOWN, ProviderEmail(user.email, email.verified, email.primary), user
        )
    verified = [one.address.lower() for one in profile.emails if one.verified or trusting]
    if not verified:
        taken = email.address and users.find_owner_of_email(tx, email.address, audience)
        return Decision(
            Verdict.CREATE, ProviderEmail("", email.verified, email.primary) if taken else email
        )
    candidates = _owners_of_identities(tx, verified) or _owners_of_addresses(tx, verified)
    if len(candidates) > 1:
        raise AuthApiError(
            "unexpected_failure",
            "Multiple accounts with the same email address in the same linking domain detected:"
            " default",
        )
    if not candidates:
        return Decision(Verdict.CREATE, email)
    return Decision(Verdict.LINK, email, _user(tx, candidates[0]))


def owner_of(tx: Tx, subject: str, provider: str) -> UUID | None:
    """Return whose identity this is."""
    row = tx.execute(
        "select user_id from auth.identities where provider_id = %s and provider = %s",
        (subject, provider),
    ).fetchone()
    return None if row is None else row[0]


def _owners_of_identities(tx: Tx, emails: list[str]) -> list[UUID]:
    rows = tx.execute(
        """select distinct user_id from auth.identities
            where email = any(%s) and provider not like 'sso:%%'""",
        (emails,),
    )
    return [row[0] for row in rows]


def _owners_of_addresses(tx: Tx, emails: list[str]) -> list[UUID]:
    rows = tx.execute(
        "select id from auth.users where email = any(%s) and not is_sso_user", (emails,)
    )
    return [row[0] for row in rows]


def _user(tx: Tx, user_id: UUID) -> User:
    user = users.find_by_id(tx, user_id)
    if user is None:
        raise AuthApiError("unexpected_failure", "Database error finding user")
    return user
