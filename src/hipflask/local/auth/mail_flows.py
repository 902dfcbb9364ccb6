"""The mails that Auth sends, one function each: make a one-time token, store it, send the mail.

Every function runs inside the caller's transaction: a mail that cannot be sent undoes the request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hipflask.local.auth.context import AuthContext, Tx
    from hipflask.local.auth.users import User

Flow = Literal["implicit", "pkce"]


def send_confirmation(
    context: AuthContext, tx: Tx, user: User, *, redirect_to: str, flow: Flow = "implicit"
) -> User:
    """Send the "confirm your e-mail" mail of a sign-up; return the user as now stored."""
    raise NotImplementedError


def send_invite(context: AuthContext, tx: Tx, user: User, *, redirect_to: str) -> User:
    """Send an invitation; return the user as now stored."""
    raise NotImplementedError


def send_recovery(
    context: AuthContext, tx: Tx, user: User, *, redirect_to: str, flow: Flow = "implicit"
) -> User:
    """Send the password reset mail; return the user as now stored."""
    raise NotImplementedError


def send_magic_link(
    context: AuthContext, tx: Tx, user: User, *, redirect_to: str, flow: Flow = "implicit"
) -> User:
    """Send the sign-in link; return the user as now stored."""
    raise NotImplementedError


def send_email_change(
    context: AuthContext,
    tx: Tx,
    user: User,
    new_email: str,
    *,
    redirect_to: str,
    flow: Flow = "implicit",
) -> User:
    """Send the change-of-address mail to the new address, and to the old if config says so."""
    raise NotImplementedError


def send_reauthentication(context: AuthContext, tx: Tx, user: User) -> User:
    """Send the code that PUT /user takes as its nonce; return the user as now stored."""
    raise NotImplementedError


def send_password_changed(context: AuthContext, tx: Tx, user: User) -> None:
    """Tell the user that the password was changed, if [auth.email.notification] asks for it."""
    raise NotImplementedError
