"""Cross-site request forgery: two independent proofs that a request comes from our own page.

First what the browser says (Sec-Fetch-Site; Origin where it is missing), as in Filippo Valsorda's
"CSRF" article and Go 1.25's ``http.CrossOriginProtection``, but stricter: ``same-site`` is refused
too, because a sibling subdomain can be anybody's. Then a token that only our pages carry: an HMAC
over the visitor's cookie id. OWASP calls it "signed double submit, bound to the session"; bound,
because a sibling subdomain can plant cookies (RFC 6265 section 8.6).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from flask import current_app, request
from markupsafe import Markup

from hipflask.errors import CsrfFailed, NotSignedIn

from .caller import bearer_token, is_api_path
from .origins import origin_of
from .visit import app_state, visit

if TYPE_CHECKING:
    from .seal import Sealer

FIELD: Final = "csrf_token"
HEADER: Final = "X-CSRF-Token"

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_PURPOSE: Final = "csrf"
_SALT_BYTES: Final = 12
_MAC_BYTES: Final = 24
_EXEMPT: Final = "_hipflask_csrf_exempt"

View = TypeVar("View", bound=Callable[..., Any])


def csrf_exempt(view: View) -> View:
    """Mark a view that authenticates its caller without the cookie: a webhook, a bearer API."""
    setattr(view, _EXEMPT, True)
    return view


def make_token(sealer: Sealer, visitor_id: str) -> str:
    """Return a token for this visitor. Salted, so that it differs each time (BREACH)."""
    salt = os.urandom(_SALT_BYTES)
    mac = _mac(sealer.mac_keys(_PURPOSE)[0], salt, visitor_id)
    return base64.urlsafe_b64encode(salt + mac).decode()


def token_fits(sealer: Sealer, visitor_id: str, token: str) -> bool:
    """Whether the token was made for this visitor with a key that is still known."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii"))
    except (binascii.Error, ValueError):
        return False
    if not visitor_id or len(raw) != _SALT_BYTES + _MAC_BYTES:
        return False
    salt, mac = raw[:_SALT_BYTES], raw[_SALT_BYTES:]
    fits = [
        hmac.compare_digest(_mac(key, salt, visitor_id), mac) for key in sealer.mac_keys(_PURPOSE)
    ]
    return any(fits)


def _mac(key: bytes, salt: bytes, visitor_id: str) -> bytes:
    return hmac.digest(key, salt + visitor_id.encode(), hashlib.sha256)[:_MAC_BYTES]


def csrf_token() -> str:
    """Return a token for the current visitor, for ``X-CSRF-Token`` or a form of your own."""
    return make_token(app_state().sealer, visit().any_id())


def csrf_field() -> Markup:
    """Return the hidden field that every form with a method other than GET needs."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, csrf_token())


def check_csrf() -> None:
    """Refuse a request that would change something and cannot be shown to be the visitor's wish.

    Raises CsrfFailed, or NotSignedIn for a program that sent no credentials at all. A request of
    the API with a bearer token passes: a browser never adds one by itself, and such a request is
    never answered on the strength of the cookie (signed_in.py). On a page it does not: signing out
    goes by the cookie.
    """
    if request.method in _SAFE_METHODS or request.endpoint is None:
        return
    if getattr(current_app.view_functions[request.endpoint], _EXEMPT, False):
        return
    if bearer_token() and is_api_path():
        return
    _check(lambda: request.headers.get(HEADER) or request.form.get(FIELD, ""))


def require_csrf_token(token: str) -> None:
    """Do what ``check_csrf`` does, for a ``csrf_exempt`` view that reads the body by itself.

    A view that passes uploads on as they come must not have them read first: to look for the token
    in ``request.form`` is to read all of the body. Raises as ``check_csrf``.
    """
    _check(lambda: token)


def _check(find_token: Callable[[], str]) -> None:
    vouched = check_origin()
    cookie_id = visit().received.id
    token = find_token()
    if not cookie_id and is_api_path():
        raise NotSignedIn("Send an access token: Authorization: Bearer …")
    if not cookie_id:
        raise CsrfFailed("no-cookie", vouched=vouched)
    if not token:
        raise CsrfFailed("no-token", vouched=vouched)
    if not token_fits(app_state().sealer, cookie_id, token):
        raise CsrfFailed("stale-token", vouched=vouched)


def check_origin() -> bool:
    """Refuse a request that the browser says another site made; True if it vouches for ours."""
    fetch_site = request.headers.get("Sec-Fetch-Site", "")
    if fetch_site in ("same-origin", "none"):
        return True
    if fetch_site:
        # "cross-site" is the plain attack, "same-site" a sibling subdomain that was taken over.
        raise CsrfFailed("cross-site")
    origin = request.headers.get("Origin", "")
    if not origin:
        return False  # an old browser or no browser at all: the token alone decides
    # "null" comes from sandboxed frames and data: pages; no page of ours sends it.
    ours = {origin_of(app_state().settings.site_url), origin_of(request.host_url)}
    if origin_of(origin) not in ours:
        raise CsrfFailed("cross-site")
    return True
