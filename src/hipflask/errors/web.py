"""A request is refused before or by a view; the whole tree is drawn in the package."""

from __future__ import annotations

from collections.abc import Mapping

from hipflask.errors.base import HipFlaskError


class WebError(HipFlaskError):
    """A request is refused for what it carries."""


class SealBroken(WebError):
    """A sealed value cannot be opened; ``reason`` is for the log, not for the visitor."""

    def __init__(self, reason: str, *, expired: bool = False) -> None:
        super().__init__(f"The sealed value cannot be opened: {reason}.")
        self.reason = reason
        self.expired = expired


class CsrfFailed(WebError):
    """A request that changes something does not prove that it comes from our own page.

    ``reason`` is ``cross-site``, ``no-cookie``, ``no-token`` or ``stale-token``. ``vouched`` says
    whether the browser vouched for our own page: then the form may be offered again.
    """

    def __init__(self, reason: str, *, vouched: bool = False) -> None:
        super().__init__(f"CSRF check: {reason}.")
        self.reason = reason
        self.vouched = vouched


class HostRefused(WebError):
    """The Host header names a site that is not this app."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The host {host!r} is not this app's.", hint="Set SITE_URL or ALLOWED_HOSTS."
        )
        self.host = host


class OneTimeTokenRefused(WebError):
    """A bearer token came from a one-time link or code and may be a recovery token."""


class FormBroken(WebError):
    """The body is not the form that it says it is, or was cut off."""


class FieldTooLong(FormBroken):
    """A field of a form is longer than the view that reads it takes."""


class RateLimited(WebError):
    """A rate limit is used up; ``policies`` names it, ``retry_after`` is in seconds."""

    def __init__(self, message: str, *, retry_after: int, policies: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.policies = policies


class InputRefused(WebError):
    """What was typed or sent does not fit; ``fields`` says what to change, by field name."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})
