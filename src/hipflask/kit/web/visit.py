"""One request as the kit sees it: its id, its cookie, its language, its session.

Kept in the WSGI environment and not on ``flask.g``: that belongs to the application context, which
a test or a script may keep open over several requests of several people. Everything that a response
depends on besides its URL passes through here, so that headers.py knows when an answer is private.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from flask import current_app, request

from .cookie import COOKIE_NAME, SessionCookie, new_anonymous_id, new_session_id

if TYPE_CHECKING:
    from hipflask.kit.extension import AppState

_IN_ENVIRON: Final = "hipflask.visit"


@dataclass(slots=True)
class Visit:
    """What is known about the request at hand, filled in as it becomes known."""

    received: SessionCookie
    cookie: SessionCookie
    request_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    trace_sampled: bool = False
    started: float = field(default_factory=time.perf_counter)
    language: str = ""
    session: Any = None
    session_loaded: bool = False
    half_session: Any = None
    api_user: Any = None
    user_id: str = ""
    depends_on_visitor: bool = False
    holds_secret: bool = False
    flashes: list[tuple[str, str]] = field(default_factory=list)
    flashes_read: bool = False
    standings: list[Any] = field(default_factory=list)
    listeners: Any = None

    @property
    def cookie_changed(self) -> bool:
        """Whether the response must set the cookie."""
        return self.cookie != self.received

    def session_id(self) -> str | None:
        """Return the id that the browser sent, if it is of the kind that can be signed in."""
        self.depends_on_visitor = True
        return self.cookie.id if self.cookie.may_be_signed_in else None

    def any_id(self) -> str:
        """Return the visitor's id, making an anonymous one that this response will set."""
        self.depends_on_visitor = True
        if not self.cookie.id:
            self.cookie = self.cookie.with_id(new_anonymous_id())
        return self.cookie.id

    def start_session(self) -> str:
        """Give the visitor a new signed-in id and return it; the caller stores its hash.

        Always a new one, so that an id planted before the sign-in is worth nothing after it
        (session fixation).
        """
        self.cookie = self.cookie.with_id(new_session_id())
        self.forget_session()
        return self.cookie.id

    def end_session(self) -> None:
        """Give the visitor a new anonymous id; the caller has removed the row."""
        self.cookie = self.cookie.with_id(new_anonymous_id())
        self.forget_session()

    def forget_session(self) -> None:
        """Make the next look at the current user load it again."""
        self.session = None
        self.half_session = None
        self.session_loaded = False
        self.user_id = ""
        self.depends_on_visitor = True

    def prefer(
        self,
        *,
        theme: str | None = None,
        language: str | None = None,
        timezone: str | None = None,
    ) -> None:
        """Change preferences; None keeps what is there."""
        self.any_id()
        cookie = self.cookie
        self.cookie = replace(
            cookie,
            theme=cookie.theme if theme is None else theme,
            language=cookie.language if language is None else language,
            timezone=cookie.timezone if timezone is None else timezone,
        )
        self.language = ""


def visit() -> Visit:
    """Return the visit of the current request, beginning it at the first call."""
    present: Visit | None = request.environ.get(_IN_ENVIRON)
    if present is None:
        cookie = SessionCookie.parse(request.cookies.get(COOKIE_NAME, ""))
        present = Visit(received=cookie, cookie=cookie)
        request.environ[_IN_ENVIRON] = present
    return present


def app_state() -> AppState:
    """Return what ``HipFlask.init_app`` left on the current app.

    Raises RuntimeError when the app was never given to it.
    """
    try:
        state: AppState = current_app.extensions["hipflask"]
    except KeyError:
        raise RuntimeError(
            "This app does not use Hipflask yet. Call HipFlask().init_app(app) in create_app()."
        ) from None
    return state
