"""Who signs S3 requests: the project's key pair, or a session.

The pair passes row-level security. A session is the project's reference as the access key, the anon
key as the secret and a user's access token as the session token (Supabase: "S3 Authentication").
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from hipflask.local.storage.caller import SERVICE, Caller

if TYPE_CHECKING:
    from hipflask.local.storage.context import StorageContext

#: What a stack of one project calls itself; hosted has the project's reference here.
LOCAL_REFERENCE: Final = "stub"


class Authority:
    """The secrets of the access keys, and whom they stand for."""

    def __init__(self, context: StorageContext) -> None:
        self._keys = context.keys
        self._callers = context.callers

    def secret_of(self, access_key: str, session_token: str | None) -> str | None:
        """Return the secret that signs for an access key; None for one that nobody has."""
        if session_token is not None:
            return self._keys.anon_key if access_key == LOCAL_REFERENCE else None
        known = access_key == self._keys.s3_access_key_id
        return self._keys.s3_secret_access_key if known else None

    def caller(self, session_token: str | None, now: datetime) -> Caller:
        """Return who signed, or raise AccessDenied for a token that is not good (any more)."""
        return SERVICE if session_token is None else self._callers.of_token(session_token, now)
