"""A real provider on a free port, and a browser and an application that use it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import urllib3

from hipflask.local.http_server import HttpServer
from hipflask.local.identity import CLIENT_ID, CLIENT_SECRET
from hipflask.local.identity.app import create_identity_app
from hipflask.local.ports import listen

CALLBACK = "http://127.0.0.1:54321/auth/v1/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


class StoppedClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address that a redirect leads to."""
        return {
            key: one for key, (one,) in parse_qs(urlsplit(self.headers["Location"]).query).items()
        }


@dataclass
class Provider:
    """The provider under test."""

    url: str
    clock: StoppedClock
    pauses: list[float]
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(retries=False))

    def ask(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {
            "Content-Type": "application/x-www-form-urlencoded",
            **(headers or {}),
        }
        answer = self.pool.request(
            method,
            self.url + path,
            body=urlencode(form) if form is not None else None,
            headers=sent,
            redirect=False,
        )
        return Answer(answer.status, answer.headers, answer.data.decode())

    def parameters(self, **more: str) -> dict[str, str]:
        """What an application sends to /authorize; an empty text takes a parameter away."""
        usual = {
            "client_id": CLIENT_ID,
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid email profile",
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": CHALLENGE.decode(),
            "code_challenge_method": "S256",
        }
        return {key: value for key, value in (usual | more).items() if value}

    def page(
        self, name: str = "google", headers: Mapping[str, str] | None = None, **more: str
    ) -> Answer:
        return self.ask(
            "GET", f"/{name}/authorize?" + urlencode(self.parameters(**more)), headers=headers
        )

    def decide(
        self,
        name: str = "google",
        *,
        person: str = "ada",
        email: str = "",
        decision: str = "allow",
        failure: str = "",
        **more: str,
    ) -> Answer:
        chosen = {"person": person, "email": email, "decision": decision, "failure": failure}
        return self.ask("POST", f"/{name}/authorize", {**self.parameters(**more), **chosen})

    def code(self, name: str = "google", **more: str) -> str:
        return self.decide(name, **more).query["code"]

    def token(
        self, code: str, name: str = "google", headers: Mapping[str, str] | None = None, **more: str
    ) -> Answer:
        usual = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        form = {key: value for key, value in (usual | more).items() if value}
        return self.ask("POST", f"/{name}/token", form, headers)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider on a free port."""
    listener = listen(0, "a test")
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    clock, pauses = StoppedClock(), list[float]()
    app = create_identity_app(url, clock=clock, pause=pauses.append)
    server = HttpServer(app, listener=listener, threads=2)
    server.start()
    running = Provider(url, clock, pauses)
    yield running
    running.pool.clear()
    server.stop()
