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


class ScopeMissing(WebError):
    """The caller is signed in, but none of their roles brings the scope that this needs."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs the scope {scope!r}, which no role of the caller brings.")
        self.scope = scope


class ChangedMeanwhile(WebError):
    """The thing is no longer what the caller has seen (If-Match, RFC 9110 section 13.1.1)."""

    def __init__(self) -> None:
        super().__init__("The thing was changed after the caller had read it.")


class KeyReused(WebError):
    """An Idempotency-Key came a second time, with another request."""

    def __init__(self) -> None:
        super().__init__("The Idempotency-Key belongs to another request.")


class RequestUnderWay(WebError):
    """A request with the same Idempotency-Key has not been answered yet."""

    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is under way.")


class InputRefused(WebError):
    """What was typed or sent does not fit; ``fields`` says what to change, by field name."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})
