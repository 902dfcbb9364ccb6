"""``hip.storage``: the buckets as the visitor, as anybody, or as the service."""

from __future__ import annotations

from collections.abc import Callable

from hipflask.errors import ConfigError
from hipflask.protocol import roles

from .bucket import Bucket
from .transport import Caller, Transport

FindToken = Callable[[object | None], Callable[[], str]]
"""Finds out how to get a user's access token; None means whoever is signed in."""


class Access:
    """Storage with one authority: ``bucket`` gets at the objects."""

    def __init__(self, transport: Transport, caller: Caller) -> None:
        self._transport = transport
        self._caller = caller

    def __repr__(self) -> str:
        return f"<Access to Storage as {self._caller.role}>"

    def bucket(self, name: str) -> Bucket:
        """Return a bucket; nothing is asked yet."""
        return Bucket(self._transport, self._caller, name)


class Storage:
    """The files of a project. Connects at the first call, not before."""

    def __init__(
        self,
        storage_url: str,
        publishable_key: str,
        service_key: str | None,
        find_token: FindToken,
        *,
        transport: Transport | None = None,
    ) -> None:
        self._transport = transport or Transport(storage_url)
        self._publishable_key = publishable_key
        self._service_key = service_key
        self._find_token = find_token

    def __repr__(self) -> str:
        return f"<Storage at {self._transport.url}>"

    def as_user(self, who: object | None = None) -> Access:
        """Return Storage as the signed-in visitor of this request sees it.

        Takes ``current_user`` or ``api_user``, and without it whichever is signed in. Only the
        visitor's own access token is at hand, so another user cannot be stood in for.
        Raises NotSignedIn.
        """
        token = self._find_token(who)
        return self._as(Caller(self._publishable_key, roles.AUTHENTICATED, token))

    def as_anon(self) -> Access:
        """Return Storage as a visitor who is not signed in sees it."""
        return self._as(Caller(self._publishable_key, roles.ANON))

    def as_service(self) -> Access:
        """Return Storage past row-level security: for the app's own work.

        Raises ConfigError without a secret key.
        """
        if not self._service_key:
            raise ConfigError(
                "SUPABASE_SECRET_KEY is missing, and Storage was asked for as the service.",
                hint="Set it, or use as_user() so that policies decide.",
            )
        return self._as(Caller(self._service_key, roles.SERVICE_ROLE))

    def close(self) -> None:
        """Close the idle connections."""
        self._transport.close()

    def _as(self, caller: Caller) -> Access:
        return Access(self._transport, caller)
