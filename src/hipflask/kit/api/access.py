"""Who may call an operation: anyone, the signed-in, or those whose role brings a scope.

A program signs in with ``Authorization: Bearer`` and an access token of Supabase Auth, a script on
our own pages with the session cookie; then anything but reading needs ``X-CSRF-Token``. A request
that carries an Authorization header is judged by it alone, whatever its cookie says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask import current_app, request

from hipflask.errors import ScopeMissing
from hipflask.kit.web.signed_in import ask_to_sign_in, load_api_user, load_user, require_api_user

if TYPE_CHECKING:
    from hipflask.kit.auth.user import User

EVERY_USER: Final = "user"
"""The role that everybody who is signed in has."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an operation; ``scope`` is what one of the caller's roles must bring."""

    label: str
    scope: str = ""
    open_to_all: bool = False

    def admit(self) -> None:
        """Let the caller of this request through.

        Raises NotSignedIn, SessionExpired, TokenRejected, OneTimeTokenRefused, SecondFactorNeeded
        or ScopeMissing.
        """
        if self.open_to_all:
            return
        user = _signed_in()
        if self.scope and self.scope not in scopes_of(user):
            raise ScopeMissing(self.scope)


ANYONE: Final = Access("anyone", open_to_all=True)
SIGNED_IN: Final = Access("the signed-in")


def scope(name: str) -> Access:
    """Return access for those whose role brings the scope, by ``HIPFLASK_SCOPES`` of the app."""
    return Access(f"who has the scope {name}", scope=name)


def caller() -> User | None:
    """Return who calls, by token or by session; None for nobody."""
    return load_api_user() if _has_token() else load_user()


def scopes_of(user: User) -> frozenset[str]:
    """Return the scopes of the user's roles.

    The app's config ``HIPFLASK_SCOPES`` maps roles to scopes: ``{"user": {"notes"}, "admin": …}``.
    Roles stand in ``app_metadata``, which only the server writes.
    """
    by_role: Mapping[str, Collection[str]] = current_app.config.get("HIPFLASK_SCOPES") or {}
    return frozenset(name for role in (EVERY_USER, *user.roles) for name in by_role.get(role, ()))


def _signed_in() -> User:
    if _has_token():
        require_api_user()
    elif load_user() is None:
        ask_to_sign_in()
    user = caller()
    assert user is not None, "whoever is nobody was refused above"
    return user


def _has_token() -> bool:
    return "Authorization" in request.headers
