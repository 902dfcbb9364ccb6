"""Rows of auth.mfa_factors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import psycopg

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.timestamps import optional_rfc3339, rfc3339

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx

#: How long a factor may stay unverified before another one takes its place.
UNVERIFIED_LIFETIME: Final = timedelta(seconds=300)
#: Type of factor -> its word in ``amr`` (GoTrue, models/factor.go).
AMR: Final = {"totp": "totp", "phone": "mfa/phone", "webauthn": "mfa/webauthn"}

_LONGEST_NAME: Final = 255


@dataclass(slots=True)
class Factor:
    """One row of auth.mfa_factors."""

    id: UUID
    user_id: UUID
    friendly_name: str
    factor_type: str
    status: str
    created_at: datetime
    updated_at: datetime
    secret: str = field(repr=False)
    phone: str
    last_challenged_at: datetime | None
    web_authn_credential: dict[str, Any] | None = field(default=None, repr=False)
    web_authn_aaguid: UUID | None = None

    @property
    def is_verified(self) -> bool:
        """Whether the user has shown that they hold it."""
        return self.status == "verified"

    def as_json(self) -> dict[str, Any]:
        """Return the shape of the admin's list; it never holds the secret."""
        shape: dict[str, Any] = {
            "id": str(self.id),
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
            "status": self.status,
            "factor_type": self.factor_type,
            "phone": self.phone,
            "last_challenged_at": optional_rfc3339(self.last_challenged_at),
        }
        if self.friendly_name:
            shape["friendly_name"] = self.friendly_name
        if self.web_authn_aaguid is not None:
            shape["web_authn_aaguid"] = str(self.web_authn_aaguid)
        return shape


_COLUMNS: Final = """id, user_id, coalesce(friendly_name, ''), factor_type::text, status::text,
    created_at, updated_at, coalesce(secret, ''), coalesce(phone, ''), last_challenged_at,
    web_authn_credential, web_authn_aaguid"""


def checked_name(name: str) -> str:
    """Return the name of a factor, or raise validation_failed: the unique index takes no more."""
    if len(name) > _LONGEST_NAME:
        raise AuthApiError(
            "validation_failed", f"friendly_name must have at most {_LONGEST_NAME} characters"
        )
    return name


def of_user(tx: Tx, user_id: UUID) -> list[Factor]:
    """Return the user's factors, oldest first."""
    rows = tx.execute(
        f"select {_COLUMNS} from auth.mfa_factors where user_id = %s order by created_at, id",  # noqa: S608
        (user_id,),
    )
    return [Factor(*row) for row in rows]


def find(tx: Tx, user_id: UUID, factor_id: str) -> Factor:
    """Return a factor of the user, or raise validation_failed or mfa_factor_not_found."""
    try:
        wanted = UUID(factor_id)
    except ValueError:
        raise AuthApiError("validation_failed", "factor_id must be an UUID", status=404) from None
    row = tx.execute(
        f"select {_COLUMNS} from auth.mfa_factors where user_id = %s and id = %s",  # noqa: S608
        (user_id, wanted),
    ).fetchone()
    if row is None:
        raise not_found()
    return Factor(*row)


def begun(
    user_id: UUID,
    factor_type: str,
    *,
    friendly_name: str,
    now: datetime,
    secret: str = "",
    phone: str = "",
) -> Factor:
    """Return a new factor, which is neither stored nor verified."""
    return Factor(
        id=uuid4(),
        user_id=user_id,
        friendly_name=friendly_name,
        factor_type=factor_type,
        status="unverified",
        created_at=now,
        updated_at=now,
        secret=secret,
        phone=phone,
        last_challenged_at=None,
    )


def insert(tx: Tx, factor: Factor) -> None:
    """Store a factor, or raise mfa_factor_name_conflict."""
    try:
        tx.execute(
            """insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status,
                   created_at, updated_at, secret, phone)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            (
                factor.id,
                factor.user_id,
                factor.friendly_name,
                factor.factor_type,
                factor.status,
                factor.created_at,
                factor.updated_at,
                factor.secret or None,
                factor.phone or None,
            ),
        )
    except psycopg.errors.UniqueViolation:
        raise name_conflict(factor.friendly_name) from None


def not_found() -> AuthApiError:
    """Return the refusal of a factor that is not the user's."""
    return AuthApiError("mfa_factor_not_found", "Factor not found")


def number_taken() -> AuthApiError:
    """Return the refusal of a number that another factor of the user has."""
    return AuthApiError(
        "mfa_verified_factor_exists",
        "A verified phone factor already exists, unenroll the existing factor to continue",
    )


def name_conflict(name: str) -> AuthApiError:
    """Return the refusal of a name that another factor of the user has."""
    return AuthApiError(
        "mfa_factor_name_conflict",
        f'A factor with the friendly name "{name}" for this user already exists',
    )


def delete_expired(tx: Tx, user_id: UUID, *, now: datetime) -> None:
    """Forget factors of the user that were never verified."""
    tx.execute(
        """delete from auth.mfa_factors
            where user_id = %s and status = 'unverified' and created_at < %s""",
        (user_id, now - UNVERIFIED_LIFETIME),
    )


def delete_unverified(tx: Tx, user_id: UUID, factor_type: str) -> None:
    """Forget what else of this type was begun: the user has finished one."""
    tx.execute(
        """delete from auth.mfa_factors
            where user_id = %s and factor_type = %s and status = 'unverified'""",
        (user_id, factor_type),
    )


def mark_verified(tx: Tx, factor: Factor, *, now: datetime) -> None:
    """Note that the user holds the factor."""
    factor.status, factor.updated_at = "verified", now
    tx.execute(
        "update auth.mfa_factors set status = 'verified', updated_at = %s where id = %s",
        (now, factor.id),
    )


def rename(tx: Tx, factor: Factor, *, friendly_name: str, phone: str, now: datetime) -> None:
    """Change what is not empty; no other factor of the user may have that name or number."""
    factor.friendly_name = friendly_name or factor.friendly_name
    factor.phone = phone or factor.phone
    factor.updated_at = now
    try:
        with tx.transaction():
            tx.execute(
                """update auth.mfa_factors set friendly_name = %s, phone = %s, updated_at = %s
                    where id = %s""",
                (factor.friendly_name, factor.phone or None, now, factor.id),
            )
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name == "unique_phone_factor_per_user":
            raise number_taken() from None
        raise name_conflict(factor.friendly_name) from None


def delete(tx: Tx, factor: Factor) -> None:
    """Delete the factor; sessions that it raised fall back to one factor."""
    tx.execute(
        """with raised as (
             delete from auth.mfa_amr_claims c using auth.sessions s
              where s.factor_id = %(id)s and c.session_id = s.id
                and c.authentication_method = %(method)s),
           lowered as (
             update auth.sessions set aal = 'aal1', factor_id = null
              where user_id = %(user)s and factor_id = %(id)s)
           delete from auth.mfa_factors where id = %(id)s""",
        {"id": factor.id, "user": factor.user_id, "method": AMR[factor.factor_type]},
    )
