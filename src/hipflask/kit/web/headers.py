"""Headers of every response: what a browser may load, send, frame, remember and cache.

CSP level 3 without ``unsafe-inline``; Fetch metadata and isolation: COOP, CORP. Referrer-Policy is
``same-origin``: a page with a one-time token in its address tells no other site, while
``no-referrer`` would turn the Origin of our own forms into ``null``. HSTS: RFC 6797.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from flask import Response

CSP: Final[Mapping[str, tuple[str, ...]]] = {
    "default-src": ("'none'",),
    "script-src": ("'self'",),
    "style-src": ("'self'",),
    "img-src": ("'self'", "data:"),
    "media-src": ("'self'",),
    "font-src": ("'self'",),
    "connect-src": ("'self'",),
    "manifest-src": ("'self'",),
    "form-action": ("'self'",),
    "frame-ancestors": ("'none'",),
    "base-uri": ("'none'",),
}

_ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Chromium warns of features that it does not know, on each page: `bluetooth` is one.
    "Permissions-Policy": (
        "accelerometer=(), browsing-topics=(), camera=(), clipboard-read=(),"
        " display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(),"
        " local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(),"
        " screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
    ),
}

_HSTS: Final = "max-age=31536000"


STORAGE: Final = ("img-src", "media-src", "connect-src")
"""Where files of Supabase Storage may stand: shown by signed addresses, and uploaded to directly.
Never a script, a style or a frame: the files are strangers'."""


def content_security_policy(
    extra: Mapping[str, Sequence[str]] | None = None, *, storage_url: str = ""
) -> str:
    """Return the policy; ``extra`` adds sources to a directive (``HIPFLASK_CSP``).

    Of the project's Supabase it lets in what is below ``storage_url`` only. Raises ValueError for
    a source that would end the policy's strictness or its syntax.
    """
    policy = {name: list(sources) for name, sources in CSP.items()}
    for name in STORAGE if storage_url else ():
        policy[name].append(f"{storage_url}/")  # with the slash: all that is below it
    for name, sources in (extra or {}).items():
        for source in sources:
            if source in ("*", "'unsafe-inline'", "'unsafe-eval'") or set(source) & set(" ;,\n\r"):
                raise ValueError(f"{source!r} must not be added to {name} of the CSP")
        kept = [source for source in policy.get(name, []) if source != "'none'"]
        policy[name] = [*kept, *sources]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items())


def add_security_headers(response: Response, *, csp: str, hsts: bool) -> None:
    """Set what is not set yet, so that a view may be stricter or, knowingly, laxer."""
    present = {name.lower() for name, _ in response.headers}
    wanted = [*_ALWAYS.items(), ("Content-Security-Policy", csp)]
    if hsts:
        wanted.append(("Strict-Transport-Security", _HSTS))
    # One call: eight of ``setdefault`` would cost more than the view of a small page.
    response.headers.extend([pair for pair in wanted if pair[0].lower() not in present])


def add_cache_headers(response: Response, *, keep_out: bool, depends_on_visitor: bool) -> None:
    """Keep answers that are somebody's own out of every cache.

    With ``keep_out`` they are not stored at all. For the signed-in: the Back button must not show
    the dashboard after a sign-out. For pages that carry a link's secret or a recovery proof: they
    must not lie on a disk. A page in the visitor's language is private and checked again.
    """
    if response.headers.getlist("Set-Cookie") or keep_out:
        response.headers["Cache-Control"] = "private, no-store"
    elif depends_on_visitor or response.mimetype == "text/html":
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-cache"
    elif response.status_code >= 400:
        # Firebase Hosting keeps a 404 for ten minutes otherwise.
        response.headers.setdefault("Cache-Control", "no-store")
    if depends_on_visitor or keep_out:
        response.vary.update(("Cookie", "Accept-Language"))
