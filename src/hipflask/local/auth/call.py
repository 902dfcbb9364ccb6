"""One request on its way through the service: what came in, who asks, when it is."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from werkzeug.exceptions import RequestEntityTooLarge

from hipflask.local.auth import sessions
from hipflask.local.auth.context import ADMIN_ROLES, AUDIENCE
from hipflask.local.auth.errors import AuthApiError, request_too_large
from hipflask.local.auth.hooks import access_token
from hipflask.local.auth.json_body import bad_json, parse_object
from hipflask.local.auth.signing import verify

if TYPE_CHECKING:
    from werkzeug import Request

    from hipflask.local.auth.context import AuthContext, Tx
    from hipflask.local.auth.rate_limits import TokenBucket
    from hipflask.local.auth.sessions import Session
    from hipflask.local.auth.users import User

LARGEST_BODY: Final = 1 << 20
#: What auth.users can hold of an audience or a role.
LONGEST_NAME: Final = 255
_BEARER: Final = re.compile(r"bearer (\S+)", re.IGNORECASE)
_NIL_ID: Final = "00000000-0000-0000-0000-000000000000"


class Call:
    """A request with its context. The clock is read once, so that one request has one now."""

    def __init__(self, context: AuthContext, request: Request) -> None:
        self.context = context
        self.config = context.config
        self.request = request
        self.now = context.clock.now()
        #: The hook before_user_created was asked, and refused nothing.
        self.new_user_agreed_to = False
        self._body: Mapping[str, Any] | None = None
        self._claims: Mapping[str, Any] | None = None

    # What came in

    @property
    def body(self) -> Mapping[str, Any]:
        """The JSON object in the body, or bad_json. ``null`` counts as an empty object."""
        if self._body is None:
            self._body = parse_object(self._raw_body())
        return self._body

    def _raw_body(self) -> bytes:
        try:
            raw = self.request.get_data()
        except RequestEntityTooLarge:
            raise request_too_large(LARGEST_BODY) from None
        # Of a chunked body Werkzeug just stops to read at the limit.
        if len(raw) >= LARGEST_BODY and self.request.content_length is None:
            raise request_too_large(LARGEST_BODY)
        return raw

    def text(self, name: str) -> str:
        """Return the text ``name`` of the body, or "" if it is absent or null."""
        return self.optional_text(name) or ""

    def optional_text(self, name: str) -> str | None:
        """Return the text ``name`` of the body, or None if it is absent or null."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, str):
            raise bad_json(f'"{name}" must be a string')
        return value

    def flag(self, name: str) -> bool:
        """Return the truth value ``name`` of the body; absent means False."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, bool):
            raise bad_json(f'"{name}" must be true or false')
        return bool(value)

    def mapping(self, name: str) -> dict[str, Any] | None:
        """Return the object ``name`` of the body, or None if it is absent or null."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, dict):
            raise bad_json(f'"{name}" must be an object')
        return value

    def form_value(self, name: str) -> str:
        """Return ``name`` from a url-encoded body or, failing that, the query string.

        NUL, which PostgreSQL cannot compare with anything, is replaced as Unicode advises.
        """
        values = self.request.args
        if self.request.mimetype == "application/x-www-form-urlencoded":
            values = self.request.form if name in self.request.form else values
        return values.get(name, "").replace("\0", "\ufffd")

    @property
    def user_agent(self) -> str:
        """The client's User-Agent header."""
        return self.request.headers.get("User-Agent", "")

    @property
    def address(self) -> str:
        """The client's IP address: X-Forwarded-For's first valid one, else the peer's, or ""."""
        forwarded = self.request.headers.get("X-Forwarded-For", "")
        for candidate in (*forwarded.split(","), self.request.remote_addr or ""):
            try:
                address = ipaddress.ip_address(candidate.strip())
            except ValueError:
                continue
            return str(address).partition("%")[0]  # PostgreSQL's inet knows no zones
        return ""

    @property
    def audience(self) -> str:
        """The audience asked for: header X-JWT-AUD, else the bearer token's, else the default."""
        asked = self.request.headers.get("X-JWT-AUD", "")
        if len(asked) > LONGEST_NAME:
            raise AuthApiError("validation_failed", "X-JWT-AUD is too long")
        if asked:
            return asked
        if self._claims is not None and self._claims.get("role") not in ADMIN_ROLES:
            return self.token_audience or AUDIENCE
        return AUDIENCE

    @property
    def token_audience(self) -> str:
        """The first audience of the bearer token that was checked, or ""."""
        return _first_audience(self._claims or {})

    # Who asks

    def bearer_claims(self) -> Mapping[str, Any]:
        """Return the claims of the bearer token, or raise no_authorization or bad_jwt."""
        if self._claims is None:
            match = _BEARER.fullmatch(self.request.headers.get("Authorization", ""))
            if match is None:
                raise AuthApiError(
                    "no_authorization", "This endpoint requires a valid Bearer token"
                )
            self._claims = verify(self.context.key_ring, match[1], now=self.now)
        return self._claims

    def require_user(self) -> tuple[User, Session | None]:
        """Return who asks and their session; a token without session_id has None."""
        claims = self.bearer_claims()
        subject = claims.get("sub")
        if not subject:
            raise AuthApiError("bad_jwt", "invalid claim: missing sub claim")
        user_id = _claim_id(subject, "invalid claim: sub claim must be a UUID", status=400)
        session_id: UUID | None = None
        session_claim = claims.get("session_id")
        if session_claim and session_claim != _NIL_ID:
            session_id = _claim_id(
                session_claim, "invalid claim: session_id claim must be a UUID", status=403
            )
        with self.reading() as tx:
            found = sessions.find_user_and_session(tx, user_id, session_id)
        if found is None:
            raise AuthApiError(
                "user_not_found", "User from sub claim in JWT does not exist", status=403
            )
        user, session = found
        if session_id is not None and session is None:
            raise AuthApiError(
                "session_not_found", "Session from session_id claim in JWT does not exist"
            )
        if user.is_banned(self.now):
            raise AuthApiError("user_banned", "User is banned")
        return user, session

    def require_admin(self) -> Mapping[str, Any]:
        """Return the claims of a token whose role may administer, or raise not_admin.

        Such a token with a session must still have it: a logout ends its power (GoTrue,
        middleware.go requireAdminCredentials).
        """
        claims = self.bearer_claims()
        session_claim = claims.get("session_id")
        if session_claim and session_claim != _NIL_ID:
            _, session = self.require_user()
            if session is not None and session.why_over(self.config.sessions, self.now):
                raise AuthApiError("session_expired", "Session is no longer valid", status=403)
        if claims.get("role") not in ADMIN_ROLES:
            raise AuthApiError("not_admin", "User not allowed")
        return claims

    def count_against(self, limit: TokenBucket) -> None:
        """Raise over_request_rate_limit when the client's address asks too often."""
        header = self.context.rate_limit_header
        key = self.request.headers.get(header, "").split(",", 1)[0].strip() if header else ""
        if key and not limit.allows(key, self.now):
            raise AuthApiError("over_request_rate_limit", "Request rate limit reached")

    # The database

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """Do everything inside the block, or nothing of it."""
        with self.context.pool.connection() as connection, connection.transaction():
            yield connection

    @contextmanager
    def issuing(self) -> Iterator[Tx]:
        """Lend a connection for one statement that ends in new tokens.

        A hook may refuse the token after the statement, which then has to be undone; without one
        the statement is its own transaction, and one trip.
        """
        if access_token.is_on(self.context):
            with self.transaction() as tx:
                yield tx
        else:
            with self.reading() as tx:
                yield tx

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """Lend a connection for single statements, each its own transaction."""
        with self.context.pool.connection() as connection:
            yield connection


def _first_audience(claims: Mapping[str, Any]) -> str:
    audience = claims.get("aud")
    if isinstance(audience, list):
        audience = audience[0] if audience else ""
    return audience if isinstance(audience, str) else ""


def _claim_id(value: Any, message: str, *, status: int) -> UUID:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise AuthApiError("bad_jwt", message, status=status) from None
