"""Supabase Auth, or a session, says no; the whole tree is drawn in the package."""

from __future__ import annotations

from collections.abc import Sequence

from hipflask.errors.base import HipFlaskError


class AuthError(HipFlaskError):
    """Supabase Auth, or the app's own session, says no.

    ``code`` is GoTrue's error code where the answer came from there (its ``errorcode.go``), and
    ``status`` the HTTP status that came with it; both are empty for our own refusals.
    """

    def __init__(
        self, message: str, *, hint: str = "", code: str = "", status: int | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.status = status


class InvalidCredentials(AuthError):
    """The e-mail or the password is wrong; which of them is not said."""


class EmailNotConfirmed(AuthError):
    """The password is right, but the address has not been confirmed yet."""

    def __init__(self, message: str, *, email: str = "", code: str = "", status: int | None = None):
        super().__init__(message, code=code, status=status)
        self.email = email


class EmailRefused(AuthError):
    """The address is malformed, or the project may not send mail to it."""


class EmailTaken(AuthError):
    """The new address of a signed-in user belongs to somebody else."""


class WeakPassword(AuthError):
    """The password breaks the project's rules; ``reasons`` are GoTrue's words for them.

    Each is one of ``length``, ``characters`` or ``pwned``.
    """

    def __init__(
        self,
        message: str,
        *,
        reasons: Sequence[str] = (),
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.reasons = tuple(reasons)


class SamePassword(AuthError):
    """The new password is the old one."""


class SignUpClosed(AuthError):
    """The project takes no new users, or none by e-mail."""


class UserBanned(AuthError):
    """An administrator has locked the user out."""


class TooManyAttempts(AuthError):
    """A rate limit was hit; ``retry_after`` is in seconds, where it is known."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: int | None = None,
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.retry_after = retry_after


class ReauthenticationNeeded(AuthError):
    """The change asks for the current password or for a fresh code first."""


class SecondFactorNeeded(AuthError):
    """The user has a second factor and this session has not shown it (``aal2``)."""


class WrongCode(AuthError):
    """The code of a second factor, or a recovery code, is wrong, too old or was used."""


class PasskeyRefused(AuthError):
    """What the browser signed does not fit: an unknown passkey, or a challenge that is too old."""


class LinkExpired(AuthError):
    """The link or code is unknown, already used, or too old; GoTrue does not say which."""


class LinkUnusable(AuthError):
    """The link cannot be opened here; ``reason`` is a slug for the page that explains it."""

    def __init__(self, message: str, *, reason: str, code: str = "", hint: str = "") -> None:
        super().__init__(message, code=code, hint=hint)
        self.reason = reason


class OAuthRefused(AuthError):
    """A sign-in with a provider came to nothing; ``reason`` is a slug for the page about it.

    ``denied``, ``email_unverified``, ``provider_down``, ``other_browser``, ``used``, ``expired``,
    ``unknown``, ``no_provider``, ``sign_up_closed``, ``banned`` or ``refused``. ``provider`` and
    ``next`` are set when the sign-in was this browser's own.
    """

    def __init__(self, message: str, *, reason: str, code: str = "") -> None:
        super().__init__(message, code=code)
        self.reason = reason
        self.provider = ""
        self.next = ""


class NotSignedIn(AuthError):
    """The request needs a signed-in user."""


class SessionExpired(AuthError):
    """The session is over: expired, revoked, or ended by Supabase Auth."""


class TokenRejected(AuthError):
    """An access token was refused; ``reason`` is a slug such as ``expired`` or ``signature``."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class AuthRejected(AuthError):
    """Supabase Auth refused for a reason that has no class of its own; see ``code``."""


class AuthUnavailable(AuthError):
    """Supabase Auth cannot be reached, or fails on its side. Nobody is signed out by this."""

    def __init__(self, message: str, *, reason: str, hint: str = "", status: int | None = None):
        super().__init__(message, hint=hint, status=status)
        self.reason = reason
