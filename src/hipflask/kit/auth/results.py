"""What the calls of ``hip.auth`` return to pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .user import User

LinkKind = Literal[
    "signed_in",  # a session was opened
    "confirmed",  # the address is confirmed; sign in with the password
    "recovery",  # show the form for a new password; ``proof`` goes into it
    "invited",  # the same form, for the first password
    "email_change_pending",  # the other address has to confirm as well
    "email_changed",  # done; a session was opened if ``user`` is set
]


@dataclass(frozen=True, slots=True)
class SignUp:
    """A sign-up. ``user`` is set when the project confirms addresses by itself."""

    email: str
    confirmation_sent: bool
    user: User | None = None


@dataclass(frozen=True, slots=True)
class LinkResult:
    """What became of a link or a code."""

    kind: LinkKind
    user: User | None = None
    proof: str = field(default="", repr=False)
    email: str = ""
    next: str = ""
    """Where the person wanted to go who asked for the link; a path of this site, or empty."""

    @property
    def needs_password(self) -> bool:
        """Whether the page must now ask for a new password."""
        return bool(self.proof)


@dataclass(frozen=True, slots=True)
class SignOut:
    """A sign-out. The app's session is gone; ``complete`` says whether that of Auth is too."""

    complete: bool
