"""An Auth app with its parts, and short ways to talk to it and to look behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import jwt
import psycopg
from werkzeug.datastructures import Headers
from werkzeug.test import Client, TestResponse

from hipflask.local.auth import AuthApp, AuthContext
from hipflask.local.auth.mail import Mail
from hipflask.testing.clock import MovableClock

ISSUER = "http://127.0.0.1:54321/auth/v1"
PASSWORD = "correct horse"


@dataclass
class Outbox:
    """A mailer that keeps what it is given."""

    mails: list[Mail] = field(default_factory=list)

    def send(self, mail: Mail) -> None:
        self.mails.append(mail)

    @property
    def latest(self) -> Mail:
        return self.mails[-1]


@dataclass(frozen=True)
class Reply:
    """An answer; ``json`` is None when the body is none."""

    status_code: int
    json: Any
    headers: Headers
    mimetype: str
    text: str

    @classmethod
    def of(cls, answer: TestResponse) -> Reply:
        body = answer.get_json(silent=True)
        return cls(answer.status_code, body, answer.headers, answer.mimetype or "", answer.text)


@dataclass
class AuthService:
    """An Auth app with its parts, and short ways to talk to it."""

    context: AuthContext
    clock: MovableClock
    outbox: Outbox
    database: psycopg.Connection[tuple[Any, ...]]

    def __post_init__(self) -> None:
        self.app = AuthApp(self.context)

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        bearer: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        sent = dict(headers or {})
        if bearer:
            sent["Authorization"] = f"Bearer {bearer}"
        client = Client(self.app)
        if isinstance(body, bytes):
            sent.setdefault("Content-Type", "application/json")
            answer = client.open(path, method=method, data=body, headers=sent)
        else:
            answer = client.open(path, method=method, json=body, headers=sent)
        return Reply.of(answer)

    def get(self, path: str, **options: Any) -> Reply:
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.call("PUT", path, body, **options)

    def delete(self, path: str, body: Any = None, **options: Any) -> Reply:
        return self.call("DELETE", path, body, **options)

    def sign_up(self, email: str = "ada@example.com", **more: Any) -> Any:
        """Sign up and return the answer's JSON: tokens, or the user that waits for the mail."""
        answer = self.post("/signup", {"email": email, "password": PASSWORD, **more})
        assert answer.status_code == 200, answer.json
        return answer.json

    def sign_in(self, email: str = "ada@example.com", password: str = PASSWORD) -> Any:
        """Sign in by password and return the tokens."""
        answer = self.post("/token?grant_type=password", {"email": email, "password": password})
        assert answer.status_code == 200, answer.json
        return answer.json

    def refresh(self, refresh_token: str) -> Reply:
        return self.post("/token?grant_type=refresh_token", {"refresh_token": refresh_token})

    def sign(self, **claims: Any) -> str:
        """Sign claims of one's own with the project's key; they expire in an hour."""
        expires = int(self.clock.now().timestamp()) + 3600
        return self.context.key_ring.sign({"aud": "authenticated", "exp": expires, **claims})

    @property
    def service_role(self) -> str:
        return self.sign(role="service_role")

    def row(self, query: str, *values: Any) -> tuple[Any, ...]:
        """Return the first row of a query, run as the superuser."""
        found = self.database.execute(query, values).fetchone()
        assert found is not None, f"no row: {query}"
        return found

    def count(self, table: str, condition: str = "true", *values: Any) -> int:
        return int(self.row(f"select count(*) from {table} where {condition}", *values)[0])

    def audit_actions(self) -> list[str]:
        rows = self.database.execute(
            "select payload->>'action' from auth.audit_log_entries order by created_at, ctid"
        )
        return [action for (action,) in rows]


def claims_of(access_token: str) -> dict[str, Any]:
    """Return what a token says, unverified."""
    return jwt.decode(access_token, options={"verify_signature": False})


def assert_refused(answer: Reply, status: int, code: str, message: str = "") -> None:
    """Check an error answer of the first API version."""
    assert (answer.status_code, answer.json["error_code"]) == (status, code), answer.json
    assert answer.json["code"] == status
    assert answer.headers["x-sb-error-code"] == code
    if message:
        assert answer.json["msg"] == message
