"""``hip.auth.account.linking``: another account that shall sign in to this one.

The flow is the authorization-code flow with PKCE, as for signing in, but Auth is told by the bearer
whom to link to. What the way back must prove travels sealed in ``redirect_to``: whose browser began
it, and the code verifier (RFC 7636). So a link that somebody else began links nothing here, and the
session that Auth opens at the end is ended at once: the visitor has one already.
"""

from __future__ import annotations

import base64
import json
import logging
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from flask import request

from hipflask.errors import AuthError, LinkExpired, LinkUnusable, SealBroken
from hipflask.kit.web.seal import Sealer
from hipflask.kit.web.visit import visit
from hipflask.protocol.clock import Clock

from . import identities
from .client import AuthClient
from .flows import challenge_of
from .security_log import SecurityLog
from .sessions import Session

_logger: Final = logging.getLogger("hipflask.account")

LIFETIME: Final = timedelta(minutes=10)
"""How long somebody may take at the provider; GoTrue gives up after as long."""

_SEAL: Final = "link identity"


class Linking:
    """Links identities to whoever ``session`` says is signed in."""

    def __init__(
        self,
        client: AuthClient,
        sealer: Sealer,
        clock: Clock,
        log: SecurityLog,
        site_url: str,
        session: Callable[[], Session],
        *,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._client = client
        self._sealer = sealer
        self._clock = clock
        self._log = log
        self._site_url = site_url
        self._session = session
        self._random_bytes = random_bytes

    def begin(self, provider: str, return_path: str) -> str:
        """Return where the visitor agrees; afterwards the browser comes to ``return_path``."""
        session = self._session()
        verifier = base64.urlsafe_b64encode(self._random_bytes(32)).rstrip(b"=").decode()
        body = json.dumps([session.user.id, provider, verifier]).encode()
        state = self._sealer.seal(_SEAL, body, self._clock.now() + LIFETIME)
        return identities.link_url(
            self._client,
            session.access_token,
            provider,
            redirect_to=f"{self._site_url}{return_path}?{urlencode({'link': state})}",
            challenge=challenge_of(verifier),
            address=_address(),
        )

    def finish(self, query: Mapping[str, str]) -> str:
        """Finish what ``begin`` began, with the query of the way back; return the provider.

        Raises LinkExpired when it took too long, LinkUnusable when it was begun by another user or
        refused; ``code`` is then GoTrue's, such as ``identity_already_exists``.
        """
        session = self._session()
        visit().holds_secret = True
        try:
            user_id, provider, verifier = json.loads(
                self._sealer.open(_SEAL, query.get("link", ""))
            )
        except SealBroken as error:
            raise LinkExpired("The way back is too old or not complete.") from error
        if user_id != session.user.id:
            raise LinkUnusable("Somebody else began this.", reason="other_user")
        if not query.get("code"):
            code = query.get("error_code") or query.get("error") or ""
            raise LinkUnusable("The provider or Auth refused.", reason="refused", code=code)
        tokens = self._client.exchange_code(query["code"], verifier, address=_address())
        try:
            self._client.sign_out(tokens.access_token, "local", address=_address())
        except AuthError as error:
            _logger.warning("the session of a linking was not ended: %s", error)
        if tokens.claims.sub != session.user.id:
            raise LinkUnusable("The code belongs to somebody else.", reason="other_user")
        self._log.record(session.user.id, "identity_linked", provider=provider)
        return str(provider)


def _address() -> str:
    return request.remote_addr or ""
