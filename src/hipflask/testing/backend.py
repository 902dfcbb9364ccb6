"""A whole Supabase-shaped backend that belongs to one test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from werkzeug.test import Client, TestResponse

from hipflask.local.backend import Backend
from hipflask.local.config import ProjectConfig
from hipflask.local.http_server import HttpServer, MadeAtFirstRequest
from hipflask.local.keys import ProjectKeys
from hipflask.local.mailbox import Mailbox
from hipflask.local.ports import listen
from hipflask.local.signing_keys import read_signing_keys
from hipflask.testing.accounts import DEFAULT_PASSWORD, SignedIn, TestUser
from hipflask.testing.clock import MovableClock
from hipflask.testing.leaks import own_threads
from hipflask.testing.mailbox import TestMailbox
from hipflask.testing.project import ProjectUnderTest

if TYPE_CHECKING:
    from flask import Flask

    from hipflask.protocol.clock import Clock

HTTP_THREADS = 6
IDENTITY_THREADS = 1
BCRYPT_COST = 4  # the least there is: 1 ms a password instead of 60


class SupabaseBackend:
    """Auth, Storage and the gateway over a database, keys, files, mailbox and clock of its own.

    It answers over HTTP at `url` like a hosted project; `request` asks it without a socket.
    """

    def __init__(
        self,
        *,
        database_url: str,
        project: ProjectUnderTest,
        config: ProjectConfig,
        storage_folder: Path,
    ) -> None:
        self.clock = MovableClock()
        self.database_url = database_url
        self.config = config
        self.storage_folder = storage_folder
        self.keys = _keys(config, self.clock)
        store = Mailbox(clock=self.clock)
        self.mailbox = TestMailbox(store)
        listener = listen(0, "a test's backend")
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self._identity = self._identity_server() if config.stand_ins else None
        self.identity_url = self._identity.url if self._identity is not None else ""
        """The DevIdentityProvider, when it stands in for one of the project's providers."""
        self._backend = Backend(
            database_url=database_url,
            config=config,
            keys=self.keys,
            mailbox=store,
            clock=self.clock,
            external_url=self.url,
            supabase_folder=project.supabase_folder,
            storage_folder=storage_folder,
            durable=False,
            bcrypt_cost=BCRYPT_COST,
            stand_in_issuer=self.identity_url,
        )
        self._server = HttpServer(self._backend.wsgi, listener=listener, threads=HTTP_THREADS)
        with own_threads():
            self._server.start()
            if self._identity is not None:
                self._identity.start()

    @property
    def publishable_key(self) -> str:
        """The `sb_publishable_…` key, for what runs in browsers."""
        return self.keys.publishable_key

    @property
    def secret_key(self) -> str:
        """The `sb_secret_…` key, which passes row-level security."""
        return self.keys.secret_key

    @property
    def anon_key(self) -> str:
        """The legacy JWT that stands for the publishable key."""
        return self.keys.anon_key

    @property
    def service_role_key(self) -> str:
        """The legacy JWT that stands for the secret key."""
        return self.keys.service_role_key

    @property
    def jwt_secret(self) -> str:
        """The secret of the two legacy keys."""
        return self.keys.jwt_secret

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a project finds its Supabase."""
        return {
            "SUPABASE_URL": self.url,
            "SUPABASE_PUBLISHABLE_KEY": self.publishable_key,
            "SUPABASE_SECRET_KEY": self.secret_key,
            "SUPABASE_ANON_KEY": self.anon_key,
            "SUPABASE_SERVICE_ROLE_KEY": self.service_role_key,
            "SUPABASE_KEY": self.publishable_key,
            "SUPABASE_JWT_SECRET": self.jwt_secret,
            "JWT_SECRET": self.jwt_secret,
            "DATABASE_URL": self.database_url,
        }

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> TestResponse:
        """Ask the gateway directly, without a socket: `backend.request("GET", "/auth/v1/…")`."""
        return Client(self._backend.wsgi).open(
            path,
            method=method,
            json=json,
            headers=dict(headers or {}),
            base_url=self.url,
            environ_overrides={"SERVER_PORT": str(urlsplit(self.url).port)},
        )

    def create_user(
        self,
        email: str,
        *,
        password: str = DEFAULT_PASSWORD,
        confirmed: bool = True,
        user_metadata: Mapping[str, Any] | None = None,
        app_metadata: Mapping[str, Any] | None = None,
    ) -> TestUser:
        """Make an account the way an administrator does; no mail is sent."""
        data = self._ask_as_admin(
            "POST",
            "/auth/v1/admin/users",
            {
                "email": email,
                "password": password,
                "email_confirm": confirmed,
                "user_metadata": dict(user_metadata or {}),
                "app_metadata": dict(app_metadata or {}),
            },
        )
        return TestUser(id=data["id"], email=data["email"], password=password, data=data)

    def sign_in(self, email: str, *, password: str = DEFAULT_PASSWORD) -> SignedIn:
        """Open a session for an account that exists."""
        answer = self.request(
            "POST",
            "/auth/v1/token?grant_type=password",
            json={"email": email, "password": password},
            headers={"apikey": self.publishable_key},
        )
        data = _body(answer)
        user = data["user"]
        return SignedIn(
            user=TestUser(id=user["id"], email=user["email"], password=password, data=user),
            access_token=data["access_token"],
            refresh_token=data["refresh_token"],
            expires_at=data["expires_at"],
            api_key=self.publishable_key,
        )

    def signed_in(self, email: str, *, password: str = DEFAULT_PASSWORD) -> SignedIn:
        """Make an account and open a session for it."""
        self.create_user(email, password=password)
        return self.sign_in(email, password=password)

    def close_services(self) -> None:
        """Close the connections to the database, so that the leaks left are the test's own."""
        self._backend.close()

    def close_port(self) -> None:
        """Stop answering over HTTP."""
        self._server.stop()
        if self._identity is not None:
            self._identity.stop()

    def _identity_server(self) -> HttpServer:
        """Return a server on a free port whose app is made when a test first asks it."""
        listener = listen(0, "a test's identity provider")
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = MadeAtFirstRequest(lambda: _identity_app(url, self.clock, self.config))
        return HttpServer(app, listener=listener, threads=IDENTITY_THREADS)

    def _ask_as_admin(self, method: str, path: str, json: Mapping[str, Any]) -> Any:
        headers = {"apikey": self.secret_key, "Authorization": f"Bearer {self.secret_key}"}
        return _body(self.request(method, path, json=dict(json), headers=headers))

    def __repr__(self) -> str:
        return f"<SupabaseBackend {self.url}>"


def _keys(config: ProjectConfig, clock: Clock) -> ProjectKeys:
    """Make keys; those that sign are a test's own when it names a file of them."""
    made = ProjectKeys.generate(issuer="supabase", clock=clock, project_id=config.project_id)
    if config.auth.signing_keys_path is None:
        return made
    return replace(made, signing_keys=read_signing_keys(config.auth.signing_keys_path))


def _identity_app(url: str, clock: Clock, config: ProjectConfig) -> Flask:
    # Deferred: most tests sign nobody in with a provider.
    from hipflask.local.identity.app import create_identity_app

    app_urls = (config.auth.site_url, *config.auth.additional_redirect_urls)
    return create_identity_app(url, clock=clock, app_urls=app_urls)


def _body(answer: TestResponse) -> Any:
    if answer.status_code >= 400:
        raise AssertionError(f"{answer.request.path}: {answer.status} {answer.get_data(True)}")
    return answer.get_json()
