"""``hip.auth.factors``: authenticator apps as a second factor (TOTP, RFC 6238).

Facts of the calls: GoTrue's internal/api/mfa.go. A verified code makes Auth raise the session to
``aal2`` and give out new tokens; the app's session is then replaced under a new id.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from hipflask.errors import AuthError, AuthUnavailable, LinkExpired, SealBroken, WrongCode
from hipflask.kit.web.seal import Sealer
from hipflask.kit.web.visit import visit
from hipflask.protocol.clock import Clock

from .answers import Tokens
from .attempts import Attempts
from .client import AuthClient
from .current import CurrentSession, address
from .security_log import SecurityLog
from .user import User

SIX_DIGITS: Final = 6
_SETUP: Final = "second factor"
SETUP_LIFETIME: Final = timedelta(minutes=15)
"""How long the page with the QR code may stay open before its code is typed in."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor of the user; ``kind`` is ``totp``, ``phone`` or ``webauthn``."""

    id: str
    name: str
    kind: str
    verified: bool
    created_at: datetime | None = None

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Factor:
        """Read a factor as ``GET /user`` shows it."""
        try:
            created = datetime.fromisoformat(str(body.get("created_at")))
        except ValueError:
            created = None
        return cls(
            id=str(body.get("id", "")),
            name=str(body.get("friendly_name") or ""),
            kind=str(body.get("factor_type", "")),
            verified=body.get("status") == "verified",
            created_at=created,
        )


@dataclass(frozen=True, slots=True)
class Setup:
    """An authenticator that is being added: shown once, and carried in its form as ``proof``."""

    factor_id: str
    uri: str = field(repr=False)
    secret: str = field(repr=False)
    qr_svg: str = field(repr=False)
    proof: str = field(repr=False)

    @property
    def qr_address(self) -> str:
        """The QR code as an address for ``<img>``: as a picture an SVG runs nothing."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.qr_svg.encode()).decode()

    @property
    def spaced_secret(self) -> str:
        """The key in groups of four, for typing."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))


class Factors:
    """The second factors of the signed-in user; each call acts as that user.

    ``forget_codes`` is told of a user whose last factor has gone.
    """

    def __init__(
        self,
        client: AuthClient,
        current: CurrentSession,
        sealer: Sealer,
        clock: Clock,
        forget_codes: Callable[[str], None],
        attempts: Attempts,
        log: SecurityLog,
    ) -> None:
        self._client = client
        self._current = current
        self._sealer = sealer
        self._clock = clock
        self._forget_codes = forget_codes
        self._attempts = attempts
        self._log = log

    @property
    def awaited(self) -> bool:
        """Whether this visitor has signed in but for the second factor."""
        return self._current.half() is not None

    def list(self) -> Sequence[Factor]:
        """Return the verified factors, also to somebody who has yet to show one."""
        return [factor for factor in self._all() if factor.verified]

    def enroll(self, name: str = "", *, issuer: str = "") -> Setup:
        """Begin to add an authenticator app; it counts only after ``verify``.

        Raises SecondFactorNeeded when the user has a factor that this session has not shown, and
        AuthRejected (``mfa_factor_name_conflict``, ``too_many_enrolled_mfa_factors``,
        ``mfa_totp_enroll_not_enabled``).
        """
        token = self._current.whole().access_token
        for factor in self._all():
            if not factor.verified and factor.kind == "totp":  # begun before, never finished
                self._call("DELETE", f"/factors/{factor.id}", token=token)
        body = {"factor_type": "totp", "friendly_name": name}
        answer = self._call(
            "POST", "/factors", body | ({"issuer": issuer} if issuer else {}), token
        )
        totp = answer.get("totp")
        if not isinstance(totp, Mapping):
            raise AuthUnavailable("Supabase Auth sent no key.", reason="malformed")
        content = [answer.get("id"), totp.get("uri"), totp.get("secret"), totp.get("qr_code")]
        visit().holds_secret = True
        packed = zlib.compress(json.dumps(content).encode())
        until = self._clock.now() + SETUP_LIFETIME
        return _setup(content, self._sealer.seal(self._purpose(), packed, until))

    def resume(self, proof: str) -> Setup:
        """Return the setup that a form carries; raise LinkExpired when it is too old."""
        visit().holds_secret = True
        try:
            content = json.loads(zlib.decompress(self._sealer.open(self._purpose(), proof)))
        except SealBroken as error:
            raise LinkExpired("This page is too old.") from error
        return _setup(content, proof)

    def verify(self, factor_id: str, code: str) -> User:
        """Check the first code of a new authenticator; the session is ``aal2`` from then on.

        Ends the user's other sessions, as Auth does with those that have not shown the factor.
        Raises WrongCode, TooManyAttempts, AuthUnavailable.
        """
        user = self._current.replace(self._verify(factor_id, code))
        self._current.end_others()
        return user

    def confirm(self, code: str) -> User:
        """Check a code against the user's authenticators: at sign-in, and for a step-up.

        Raises WrongCode, TooManyAttempts, AuthUnavailable.
        """
        waiting = self._current.half()
        if waiting is None:
            return self._current.replace(self.tokens_for(self._current.whole().access_token, code))
        try:
            tokens = self.tokens_for(waiting.access_token, code)
        except WrongCode:
            self._log.record(waiting.user.id, "second_factor_failed", by="totp")
            raise
        return self._current.sign_in(tokens)

    def tokens_for(self, access_token: str, code: str) -> Tokens:
        """Raise the session behind a token, such as that of a recovery link, to ``aal2``.

        Wrong codes are counted for each user: after five of them a user's codes rest.
        """
        user = self._client.get_user(access_token, address=address())
        self._attempts.begin(user.id, "totp")
        refused: WrongCode | None = None
        for factor in _factors_of(user.raw):
            if factor.verified and factor.kind == "totp":
                try:
                    tokens = self._verify(factor.id, code, access_token)
                except WrongCode as error:
                    refused = error
                except AuthError:
                    self._attempts.take_back(user.id, "totp")
                    raise
                else:
                    self._attempts.succeeded(user.id, "totp")
                    return tokens
        raise refused or WrongCode("The user has no authenticator app.")

    def remove(self, factor_id: str) -> None:
        """Remove a factor. Raises SecondFactorNeeded unless this session has shown one."""
        session = self._current.whole()
        self._call("DELETE", f"/factors/{_path_part(factor_id)}", token=session.access_token)
        if not self.list():
            self._forget_codes(session.user.id)
        self.renew()

    def renew(self) -> None:
        """Replace the session by one whose claims know of the factors as they are now."""
        session = self._current.either()
        self._current.replace(self._client.refresh(session.refresh_token, address=address()))

    def _all(self) -> Sequence[Factor]:
        token = self._current.either().access_token
        return _factors_of(self._client.get_user(token, address=address()).raw)

    def _verify(self, factor_id: str, code: str, token: str = "") -> Tokens:
        token = token or self._current.either().access_token
        digits = "".join(code.split())
        if not (digits.isascii() and digits.isdecimal() and len(digits) == SIX_DIGITS):
            raise WrongCode("A code of an authenticator app has six digits.")
        path = f"/factors/{_path_part(factor_id)}"
        challenge = self._call("POST", f"{path}/challenge", {}, token)
        body = {"challenge_id": challenge.get("id"), "code": digits}
        return Tokens.from_json(self._call("POST", f"{path}/verify", body, token))

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, token: str = ""
    ) -> Mapping[str, Any]:
        return self._client.call(method, path, body, token=token, address=address())

    def _purpose(self) -> str:
        return f"{_SETUP} {self._current.whole().user.id}"


def _factors_of(user: Mapping[str, Any]) -> list[Factor]:
    factors = user.get("factors")
    found = factors if isinstance(factors, list) else []
    return [Factor.from_json(each) for each in found if isinstance(each, Mapping)]


def _setup(content: Any, proof: str) -> Setup:
    factor_id, uri, secret, qr_svg = (str(each or "") for each in content)
    return Setup(factor_id, uri, secret, qr_svg, proof)


def _path_part(text: str) -> str:
    """Return an id as it may stand in a path: a UUID, or what no factor has."""
    return text if text.replace("-", "").isalnum() and text.isascii() else "unknown"
