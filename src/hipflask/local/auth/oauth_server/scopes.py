"""Scopes: what of a user an application may see (OpenID Connect Core section 5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hipflask.local.auth.users import User

SUPPORTED: Final = ("openid", "profile", "email", "phone", "offline_access")
DEFAULT: Final = "email"


def parsed(text: str) -> list[str]:
    """Return the scopes in ``text`` (RFC 6749 section 3.3)."""
    return [one for one in text.split(" ") if one.strip()]


def profile_claims(user: User) -> dict[str, Any]:
    """Return the claims of scope ``profile`` that are known."""
    told = user.user_metadata
    claims = {
        "name": _text(told, "name") or user.email,
        "picture": _text(told, "picture") or _text(told, "avatar_url"),
        "preferred_username": _text(told, "preferred_username") or _text(told, "username"),
        "updated_at": int(user.updated_at.timestamp()),
    }
    return {name: value for name, value in claims.items() if value}


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
