"""Rows of auth.flow_state: PKCE challenges (RFC 7636) of flows that end in another request."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from uuid import UUID, uuid4

from hipflask.local.auth.errors import AuthApiError

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx

Flow: TypeAlias = Literal["implicit", "pkce"]

PKCE_PREFIX: Final = "pkce_"
LIFETIME: Final = timedelta(seconds=300)
_METHODS: Final = frozenset({"s256", "plain"})
_CHALLENGE: Final = re.compile(r"[a-zA-Z._~0-9-]+")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the client sent to prove later that it is the one who asked. Empty: no PKCE."""

    text: str = ""
    method: str = ""

    @classmethod
    def checked(cls, text: str, method: str) -> Challenge:
        """Return the challenge, or raise validation_failed (RFC 7636 section 4.2)."""
        if bool(text) != bool(method):
            raise AuthApiError(
                "validation_failed", "PKCE flow requires code_challenge_method and code_challenge"
            )
        if not text:
            return cls()
        if not 43 <= len(text) <= 128:
            raise AuthApiError(
                "validation_failed", "code challenge has to be between 43 and 128 characters"
            )
        if not _CHALLENGE.fullmatch(text):
            raise AuthApiError(
                "validation_failed",
                "code challenge can only contain alphanumeric characters, hyphens, periods,"
                " underscores and tildes",
            )
        if method.lower() not in _METHODS:
            raise AuthApiError("validation_failed", f'unsupported code_challenge method "{method}"')
        return cls(text, method.lower())

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def flow(self) -> Flow:
        """How the link in the mail comes back: with a code, or with tokens in the fragment."""
        return "pkce" if self.text else "implicit"

    def prefixed(self, token_hash: str) -> str:
        """Return ``token_hash`` marked so that its link leads to a code, if this is PKCE."""
        return f"{PKCE_PREFIX}{token_hash}" if self.text else token_hash


@dataclass(frozen=True, slots=True)
class FlowState:
    """One row of auth.flow_state, as far as it concerns the code that ends a flow."""

    id: UUID
    user_id: UUID | None
    auth_code: str
    code_challenge: str
    code_challenge_method: str
    authentication_method: str
    provider_type: str
    auth_code_issued_at: datetime | None
    created_at: datetime
    provider_token: str = field(default="", repr=False)
    provider_refresh_token: str = field(default="", repr=False)

    def is_expired(self, now: datetime) -> bool:
        """Whether the code is too old. A magic link's time runs from the click."""
        started = self.created_at
        if self.authentication_method == "magiclink" and self.auth_code_issued_at is not None:
            started = self.auth_code_issued_at
        return now > started + LIFETIME

    def proves(self, verifier: str) -> bool:
        """Whether ``verifier`` belongs to the challenge (RFC 7636 section 4.6)."""
        given = verifier.encode()
        if self.code_challenge_method == "s256":
            given = urlsafe_b64encode(hashlib.sha256(given).digest()).rstrip(b"=")
        return hmac.compare_digest(given, self.code_challenge.encode())


_COLUMNS: Final = """id, user_id, coalesce(auth_code, ''), coalesce(code_challenge, ''),
    coalesce(code_challenge_method::text, ''), authentication_method, provider_type,
    auth_code_issued_at, created_at, coalesce(provider_access_token, ''),
    coalesce(provider_refresh_token, '')"""


def create(
    tx: Tx,
    challenge: Challenge,
    *,
    user_id: UUID,
    provider_type: str,
    authentication_method: str,
    now: datetime,
) -> None:
    """Remember ``challenge`` until the user comes back from the mail."""
    tx.execute(
        """insert into auth.flow_state (id, user_id, auth_code, code_challenge,
               code_challenge_method, provider_type, provider_access_token,
               provider_refresh_token, authentication_method, created_at, updated_at)
           values (%s, %s, %s, %s, %s, %s, '', '', %s, %s, %s)""",
        (
            uuid4(),
            user_id,
            str(uuid4()),
            challenge.text,
            challenge.method,
            provider_type,
            authentication_method,
            now,
            now,
        ),
    )


def issue_auth_code(tx: Tx, user_id: UUID, authentication_method: str, *, now: datetime) -> str:
    """Return the code of the user's newest flow of this kind and note that it went out."""
    row = tx.execute(
        """update auth.flow_state set auth_code_issued_at = %s, updated_at = %s
            where id = (select id from auth.flow_state
                         where user_id = %s and authentication_method = %s
                         order by created_at desc, id limit 1)
              and code_challenge <> ''
           returning auth_code""",
        (now, now, user_id, authentication_method),
    ).fetchone()
    if row is None:
        raise AuthApiError(
            "flow_state_not_found", "No valid flow state found for user.", status=422
        )
    return str(row[0])


def find_by_auth_code(tx: Tx, auth_code: str) -> FlowState | None:
    """Return the flow that this code ends."""
    row = tx.execute(
        f"select {_COLUMNS} from auth.flow_state where auth_code = %s",  # noqa: S608
        (auth_code,),
    ).fetchone()
    return None if row is None else FlowState(*row)


def consume(tx: Tx, flow_id: UUID) -> bool:
    """Delete the flow. False: another request was faster, so this one must not succeed."""
    return tx.execute("delete from auth.flow_state where id = %s", (flow_id,)).rowcount == 1
