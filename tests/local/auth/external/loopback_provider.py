"""An OpenID provider on the loopback address, with real RSA keys, in place of Google and others.

It speaks what a real one speaks over HTTP: discovery, a key set, authorize with an immediate yes,
a code that works once, an ID token, userinfo, and GitHub's two calls about a user.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from hipflask.protocol.clock import Clock

CLIENT, SECRET = "hipflask-dev", "hipflask-dev-secret"


@dataclass
class Provider:
    """What the server knows; tests change it."""

    clock: Clock
    base: str = ""
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "g-1",
            "email": "ada@example.com",
            "email_verified": True,
            "name": "Ada L",
            "picture": "https://pictures.example/ada.png",
            "preferred_username": "ada",
        }
    )
    github_emails: list[dict[str, Any]] = field(default_factory=list)
    broken: str = ""  # "token", "userinfo", "discovery": answers 500 there
    with_id_token: bool = True
    changed_claims: dict[str, Any] = field(default_factory=dict)
    key_id: str = "first"
    requests: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def rotate(self) -> None:
        self.key, self.key_id = rsa.generate_private_key(public_exponent=65537, key_size=2048), "2"

    def issuer(self, name: str) -> str:
        return f"{self.base}/{name}"

    def id_token(self, name: str = "google", *, access_token: str = "", **claims: Any) -> str:
        now = int(self.clock.now().timestamp())
        content = {
            "iss": self.issuer(name), "aud": CLIENT, "iat": now, "exp": now + 600, **self.person,
        }  # fmt: skip
        if access_token:
            digest = hashlib.sha256(access_token.encode()).digest()[:16]
            content["at_hash"] = urlsafe_b64encode(digest).rstrip(b"=").decode()
        content |= {**self.changed_claims, **claims}
        return jwt.encode(content, self.key, algorithm="RS256", headers={"kid": self.key_id})

    def consent(self, address: str) -> dict[str, str]:
        """Say yes to an authorize address as a person would; return what /callback is given."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"], address
        code = secrets.token_urlsafe(12)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def _answer(self, method: str, path: str, body: dict[str, str], auth: str) -> tuple[int, Any]:
        self.requests.append(f"{method} {path}")
        name, _, rest = path.strip("/").partition("/")
        issuer = self.issuer(name)
        match rest:
            case ".well-known/openid-configuration" if self.broken != "discovery":
                return 200, {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "userinfo_endpoint": f"{issuer}/userinfo",
                    "jwks_uri": f"{issuer}/jwks",
                }
            case "jwks":
                public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
                return 200, {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}
            case "token" | "oauth/token" | "protocol/openid-connect/token" if (
                self.broken != "token"
            ):
                return self._token(name, body, auth)
            case "userinfo" | "protocol/openid-connect/userinfo" | "api/user" if auth.startswith(
                "Bearer at-"
            ) and (self.broken != "userinfo"):
                if rest.endswith("userinfo"):
                    return 200, self.person
                return 200, {"id": 42, "login": "ada", "name": "Ada L", "avatar_url": "https://a"}
            case "api/v4/user" if auth.startswith("Bearer at-"):
                confirmed = "2020-01-01T00:00:00Z" if self.person["email_verified"] else None
                return 200, {"id": 43, "confirmed_at": confirmed, **self.person}
            case "api/v4/user/emails":
                return 200, [{"id": 1, "email": "second@example.com"}]
            case "api/user/emails":
                return 200, self.github_emails
            case _:
                return 500, {"error": "broken"}

    def _token(self, name: str, body: dict[str, str], auth: str) -> tuple[int, Any]:
        shown = (body.get("client_id", ""), body.get("client_secret", ""))
        if auth.startswith("Basic "):
            user, _, password = b64decode(auth[6:]).decode().partition(":")
            shown = (unquote(user), unquote(password))
        asked = self.codes.pop(body.get("code", ""), None)
        if shown != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        if asked is None or asked["redirect_uri"] != body.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        challenge = asked.get("code_challenge")
        if challenge:
            digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
            if urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
                return 400, {"error": "invalid_grant"}
        answer = {"access_token": "at-1", "token_type": "bearer", "refresh_token": "rt-1"}
        if self.with_id_token:
            nonce = {"nonce": asked["nonce"]} if "nonce" in asked else {}
            answer["id_token"] = self.id_token(name, access_token="at-1", **nonce)
        return 200, answer

    def authorize(self, path: str, query: str) -> str:
        """Return where a browser that follows an authorize address is led."""
        came = self.consent(f"{path}?{query}")
        return f"{self.codes[came['code']]['redirect_uri']}?{urlencode(came)}"


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path.endswith(("/authorize", "/auth")):
                self.send_response(302)
                self.send_header("Location", provider.authorize(path, query))
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self._send(*provider._answer("GET", path, {}, self.headers.get("Authorization", "")))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            form = {name: values[0] for name, values in parse_qs(raw).items()}
            auth = self.headers.get("Authorization", "")
            self._send(*provider._answer("POST", self.path, form, auth))

        def _send(self, status: int, content: Any) -> None:
            raw = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    return Handler


@contextmanager
def running(clock: Clock) -> Iterator[Provider]:
    """Serve a provider while the block runs."""
    provider = Provider(clock)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
