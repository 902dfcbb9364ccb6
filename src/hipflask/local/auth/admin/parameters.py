"""What an admin may say about a user, checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hipflask.local.auth.call import LONGEST_NAME
from hipflask.local.auth.emails import normalised_email
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.phones import checked_phone
from hipflask.local.config.values import parse_duration

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

EMAIL_TAKEN: Final = "A user with this email address has already been registered"
PHONE_TAKEN: Final = "Phone number already registered by another user"
_LONGEST_BAN: Final = timedelta(days=106_751)
"""What a Go duration can hold."""


@dataclass(frozen=True, slots=True)
class UserParameters:
    """The body of ``POST /admin/users`` and ``PUT /admin/users/ID``. Absent is "" or None."""

    id: str
    audience: str
    role: str
    email: str
    phone: str
    password: str | None = field(repr=False)
    password_hash: str = field(repr=False)
    email_confirm: bool
    phone_confirm: bool
    user_metadata: dict[str, Any] | None
    app_metadata: dict[str, Any] | None
    ban: timedelta | None

    @classmethod
    def read(cls, call: Call) -> UserParameters:
        """Read the body; raise validation_failed for an address, number or time that is none."""
        email, phone = call.text("email"), call.text("phone")
        return cls(
            id=call.text("id"),
            audience=_name(call, "aud"),
            role=_name(call, "role"),
            email=normalised_email(email) if email else "",
            phone=checked_phone(phone) if phone else "",
            password=call.optional_text("password"),
            password_hash=call.text("password_hash"),
            email_confirm=call.flag("email_confirm"),
            phone_confirm=call.flag("phone_confirm"),
            user_metadata=call.mapping("user_metadata"),
            app_metadata=call.mapping("app_metadata"),
            ban=_ban(call.text("ban_duration")),
        )

    def banned_until(self, now: datetime) -> datetime | None:
        """Return when the ban ends; None for "none"."""
        return now + self.ban if self.ban else None


def _name(call: Call, field_name: str) -> str:
    name = call.text(field_name).strip()
    if len(name) > LONGEST_NAME:
        raise AuthApiError("validation_failed", f"{field_name} is too long")
    return name


def _ban(text: str) -> timedelta | None:
    if not text:
        return None
    if text == "none":
        return timedelta(0)
    try:
        ban = parse_duration(text)
    except ValueError as error:
        raise _bad_ban(str(error)) from None
    except OverflowError:
        ban = timedelta.max
    if ban > _LONGEST_BAN:
        raise _bad_ban(f"{text!r} is longer than {_LONGEST_BAN.days} days")
    return ban


def _bad_ban(reason: str) -> AuthApiError:
    return AuthApiError("validation_failed", f"invalid format for ban duration: {reason}")
