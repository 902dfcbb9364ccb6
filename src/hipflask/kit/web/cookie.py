"""The one cookie, ``__session``: an opaque id and, readable by the server alone, two preferences.

Firebase Hosting forwards no other cookie, so everything that has to come back must be in it:
``<id>`` or ``<id>~<theme>.<language>`` or ``<id>~<theme>.<language>.<time zone>``. The id of a
signed-in visitor has 32 random bytes and a row in ``hipflask.sessions``; an anonymous one has 16
and no row: it exists only to bind CSRF tokens to, and its length saves the look-up.

Attributes: RFC 6265bis sections 4.1.2 and 8.8 (SameSite). ``__Host-`` would be stricter and is
ruled out by the name that Hosting demands.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

COOKIE_NAME: Final = "__session"
THEMES: Final = ("system", "light", "dark")

MAX_AGE: Final = 365 * 24 * 3600
"""How long a browser keeps it, in seconds. How long a session lives is decided on the server."""

_SESSION_BYTES: Final = 32
_ANONYMOUS_BYTES: Final = 16
_SESSION_LENGTH: Final = 43
_FORM: Final = re.compile(
    r"""(?P<id>[A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{22})
        (?:~(?P<theme>[a-z]{0,8})
           \.(?P<language>[A-Za-z0-9-]{0,16})
           (?:\.(?P<timezone>[A-Za-z0-9_+/-]{1,48}))?)?""",
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """What the cookie says; empty strings where it says nothing."""

    id: str = ""
    theme: str = ""
    language: str = ""
    timezone: str = ""

    def __repr__(self) -> str:
        kind = "signed-in" if self.may_be_signed_in else "anonymous" if self.id else "no"
        return f"<SessionCookie: {kind} id, {self.theme!r}, {self.language!r}, {self.timezone!r}>"

    @classmethod
    def parse(cls, text: str) -> SessionCookie:
        """Read a cookie's value. A malformed one counts as none: never an error page for it."""
        match = _FORM.fullmatch(text)
        if match is None:
            return cls()
        theme = match["theme"] or ""
        return cls(
            id=match["id"],
            theme=theme if theme in THEMES else "",
            language=match["language"] or "",
            timezone=match["timezone"] or "",
        )

    def text(self) -> str:
        """Return the cookie's value; empty without an id."""
        if not self.id or not (self.theme or self.language or self.timezone):
            return self.id
        tail = f".{self.timezone}" if self.timezone else ""
        return f"{self.id}~{self.theme}.{self.language}{tail}"

    @property
    def may_be_signed_in(self) -> bool:
        """Whether the id is of the kind that has a row; the row decides."""
        return len(self.id) == _SESSION_LENGTH

    def with_id(self, session_id: str) -> SessionCookie:
        """Return it with another id and the same preferences."""
        return replace(self, id=session_id)


def new_session_id(random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """Make the id of a signed-in session: 256 random bits, 43 characters."""
    return _base64url(random_bytes(_SESSION_BYTES))


def new_anonymous_id(random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """Make the id of a visitor who has not signed in: 128 random bits, 22 characters."""
    return _base64url(random_bytes(_ANONYMOUS_BYTES))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
