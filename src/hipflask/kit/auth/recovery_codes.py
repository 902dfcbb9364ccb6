"""``hip.auth.recovery_codes``: ten one-time codes for the day the device is lost.

Supabase Auth has none. A code is 80 random bits, so its plain SHA-256, which is what the table
``hipflask.recovery_codes`` holds, cannot be tried out by whoever reads it. Wrong ones are counted
for each user (NIST SP 800-63B section 5.2.2).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from collections.abc import Callable
from typing import Final

from hipflask.errors import AuthError, WrongCode
from hipflask.kit.data import SERVICE, Database
from hipflask.protocol.clock import Clock

from .attempts import Attempts
from .client import AuthClient
from .current import CurrentSession, address
from .security_log import SecurityLog

_logger: Final = logging.getLogger("hipflask.auth")

HOW_MANY: Final = 10
_BYTES: Final = 10


class RecoveryCodes:
    """The recovery codes of the user at hand."""

    def __init__(
        self,
        db: Database,
        client: AuthClient,
        current: CurrentSession,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        attempts: Attempts,
        log: SecurityLog,
    ) -> None:
        self._db = db
        self._client = client
        self._current = current
        self._clock = clock
        self._random_bytes = random_bytes
        self._attempts = attempts
        self._log = log

    @property
    def available(self) -> bool:
        """Whether codes can work: removing a factor needs SUPABASE_SECRET_KEY."""
        return self._client.can_administer

    def left(self) -> int:
        """Return how many codes of the signed-in user are unused."""
        row = self._db.fetch_one_as(
            SERVICE,
            "select count(*) as left from hipflask.recovery_codes"
            " where user_id = %s and used_at is null",
            (self._current.whole().user.id,),
        )
        return int(row["left"]) if row else 0

    def make(self) -> list[str]:
        """Make ten new codes and return them, the only time they are known; old ones are void."""
        user_id, now = self._current.whole().user.id, self._clock.now()
        codes = [_shown(self._random_bytes(_BYTES)) for _ in range(HOW_MANY)]
        with self._db.as_service() as tx:
            tx.execute("delete from hipflask.recovery_codes where user_id = %s", (user_id,))
            tx.execute_many(
                "insert into hipflask.recovery_codes (user_id, code_hash, created_at)"
                " values (%s, %s, %s)",
                [(user_id, _hash(code), now) for code in codes],
            )
        return codes

    def use(self, code: str) -> None:
        """Sign in with a code: it removes the user's second factors, which are taken for lost.

        So is whatever else is signed in: the lost device may be, and all other sessions end. For
        somebody who has given the first factor. Raises WrongCode, TooManyAttempts,
        AuthUnavailable; the code is not used up by the last.
        """
        session = self._current.either()
        try:
            self.spend(session.user.id, code)
        except WrongCode:
            self._log.record(session.user.id, "second_factor_failed", by="recovery")
            raise
        tokens = self._client.refresh(session.refresh_token, address=address())
        self._current.sign_in(tokens)
        self._current.end_others()
        try:
            self._client.sign_out(tokens.access_token, "others", address=address())
        except AuthError as error:
            _logger.warning("Auth was not told of the end of other sessions: %s", error)

    def spend(self, user_id: str, code: str) -> None:
        """Use a code up and remove the user's verified factors through the admin API."""
        code_hash = self._take(user_id, code)
        try:
            user = self._client.call_as_server("GET", f"/admin/users/{user_id}")
            for factor in user.get("factors") or ():
                self._client.call_as_server(
                    "DELETE", f"/admin/users/{user_id}/factors/{factor['id']}"
                )
        except AuthError:
            self._give_back(user_id, code_hash)
            raise
        _logger.warning("a recovery code removed the second factors of %s", user_id)

    def forget(self, user_id: str) -> None:
        """Delete a user's codes, as when the last factor has gone."""
        self._db.execute_as(
            SERVICE, "delete from hipflask.recovery_codes where user_id = %s", (user_id,)
        )

    def _take(self, user_id: str, code: str) -> bytes:
        """Mark a code as used and return its hash; count a wrong one."""
        now, wanted = self._clock.now(), _hash(code)
        with self._db.as_service() as tx:
            self._attempts.lock(tx, user_id, "recovery")
            rows = tx.fetch_all(
                "select code_hash from hipflask.recovery_codes"
                " where user_id = %s and used_at is null",
                (user_id,),
            )
            # Every one is looked at, whatever the first ones are: the time says nothing.
            found = sum(hmac.compare_digest(bytes(row["code_hash"]), wanted) for row in rows)
            if found:
                tx.execute(
                    "update hipflask.recovery_codes set used_at = %s"
                    " where user_id = %s and code_hash = %s",
                    (now, user_id, wanted),
                )
        if not found:
            self._attempts.failed(user_id, "recovery")
            raise WrongCode("The recovery code is wrong or was used.")
        self._attempts.succeeded(user_id, "recovery")
        return wanted

    def _give_back(self, user_id: str, code_hash: bytes) -> None:
        self._db.execute_as(
            SERVICE,
            "update hipflask.recovery_codes set used_at = null"
            " where user_id = %s and code_hash = %s",
            (user_id, code_hash),
        )


def _shown(raw: bytes) -> str:
    text = base64.b32encode(raw).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _hash(code: str) -> bytes:
    """Hash a code as it was shown or typed: case, blanks and dashes do not matter.

    Nor do 0, 1 and 8, which base32 does not have and people read into O, L and B.
    """
    plain = "".join(char for char in code.upper() if char.isascii() and char.isalnum())
    return hashlib.sha256(plain.translate(str.maketrans("018", "OLB")).encode()).digest()
