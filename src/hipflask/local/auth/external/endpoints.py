"""Where a provider is: its addresses, and how they and its keys are found and remembered."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import jwt

from hipflask.local.auth.external.outbound import Outbound, ProviderFailure

if TYPE_CHECKING:
    from hipflask.protocol.clock import Clock

WELL_KNOWN: Final = "/.well-known/openid-configuration"
_LIFETIME: Final = timedelta(hours=1)
#: An unknown key id makes us ask again, but not more often than this.
_PATIENCE: Final = timedelta(seconds=10)
_MOST: Final = 256


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of one provider. ``basic_auth``: how the client shows its secret."""

    issuer: str
    authorize: str
    token: str
    userinfo: str = ""
    jwks: str = ""
    basic_auth: bool = False


@dataclass(frozen=True, slots=True)
class _Remembered:
    value: Any
    since: datetime


class Directory:
    """Discovery documents and key sets of providers, kept for an hour (OpenID Discovery 1.0)."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound, self._clock = outbound, clock
        self._lock = threading.Lock()
        self._documents: dict[str, _Remembered] = {}

    def discover(self, issuer: str, url: str = "", *, guarded: bool = False) -> Endpoints:
        """Return the endpoints that ``issuer`` publishes, or raise ProviderFailure."""
        document = self.document(issuer, url, guarded=guarded)
        methods = document.get("token_endpoint_auth_methods_supported")
        return Endpoints(
            issuer=issuer,
            authorize=_text(document, "authorization_endpoint"),
            token=_text(document, "token_endpoint"),
            userinfo=_text(document, "userinfo_endpoint"),
            jwks=_text(document, "jwks_uri"),
            basic_auth=isinstance(methods, list) and "client_secret_post" not in methods,
        )

    def document(self, issuer: str, url: str = "", *, guarded: bool = False) -> dict[str, Any]:
        """Return the discovery document of ``issuer``; it must name the issuer as its own."""
        url = url or issuer.rstrip("/") + WELL_KNOWN
        document = self._fetch(url, _LIFETIME, guarded=guarded)
        if document.get("issuer") != issuer:
            self.forget(url)
            raise ProviderFailure(
                f"oidc: issuer mismatch, expected {issuer!r} got {document.get('issuer')!r}"
            )
        return document

    def key(self, jwks: str, key_id: str, *, guarded: bool = False) -> jwt.PyJWK:
        """Return the key with this id; without an id, the only one."""
        for longest in (_LIFETIME, _PATIENCE):
            found = _matching(self._fetch(jwks, longest, guarded=guarded), key_id)
            if found is not None:
                try:
                    return jwt.PyJWK.from_dict(found)
                except jwt.PyJWTError as error:
                    raise ProviderFailure(
                        f"a key of the provider cannot be read: {error}"
                    ) from None
        raise ProviderFailure("the provider has no such key")

    def forget(self, url: str) -> None:
        """Ask again next time."""
        with self._lock:
            self._documents.pop(url, None)

    def _fetch(self, url: str, longest: timedelta, *, guarded: bool) -> dict[str, Any]:
        now = self._clock.now()
        with self._lock:
            known = self._documents.get(url)
        if known is not None and now - known.since <= longest:
            return dict(known.value)
        document = self._outbound.get_json(url, guarded=guarded)
        if not isinstance(document, dict):
            raise ProviderFailure(f"{url}: the answer is no JSON object")
        with self._lock:
            if len(self._documents) >= _MOST:  # a tenant of Azure each: strangers may name many
                self._documents.clear()
            self._documents[url] = _Remembered(document, now)
        return document


def _text(document: dict[str, Any], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _matching(document: dict[str, Any], key_id: str) -> dict[str, Any] | None:
    keys = document.get("keys")
    usable = [
        key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict) and key.get("use", "sig") == "sig" and key.get("kty") != "oct"
    ]
    if key_id:
        return next((key for key in usable if key.get("kid") == key_id), None)
    return usable[0] if len(usable) == 1 else None
