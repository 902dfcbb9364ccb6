"""Which providers a project signs people in with, as Supabase Auth says (GET ``/settings``)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from urllib3.util import Timeout

from hipflask.errors import AuthError
from hipflask.protocol.clock import Clock

from .client import AuthClient

_logger: Final = logging.getLogger("hipflask.auth")

ASKED_EVERY: Final = timedelta(minutes=1)
"""How long Auth's word is good on which providers are switched on."""

_NOT_PROVIDERS: Final = frozenset({"email", "phone", "anonymous_users", "saml", "web3", "passkey"})
_FIRST: Final = ("google", "github")
_PATIENCE: Final = Timeout(connect=1.5, read=3.0)  # a sign-in page waits for it


class Providers:
    """Remembers what Auth has said. Asks once a minute at most."""

    def __init__(self, client: AuthClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: tuple[str, ...] = ()
        self._asked_again_at: datetime | None = None

    def names(self) -> tuple[str, ...]:
        """Return the names, such as ``github``. Empty while Auth is away."""
        now = self._clock.now()
        if self._asked_again_at is None or now >= self._asked_again_at:
            self._asked_again_at = now + ASKED_EVERY
            try:
                answer = self._client.call("GET", "/settings", timeout=_PATIENCE)
            except AuthError as error:
                _logger.warning("Auth does not say which providers there are: %s", error)
                self._known = ()
            else:
                self._known = _enabled(answer.get("external"))
        return self._known


def _enabled(external: object) -> tuple[str, ...]:
    """Return the providers that are on: the best known first, the others by name."""
    found = external if isinstance(external, Mapping) else {}
    names = {
        str(name)
        for name, on in found.items()
        if on is True and name not in _NOT_PROVIDERS and not str(name).startswith("web3")
    }
    return tuple(name for name in _FIRST if name in names) + tuple(sorted(names.difference(_FIRST)))
