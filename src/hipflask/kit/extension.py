"""The Flask extension: puts the kit around an app and keeps that app's state with the app.

Nothing connects and nothing heavy is imported before the first request that needs it: a container
answers ``/healthz`` while its database is still away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from flask import Flask

from hipflask.protocol.clock import Clock, SystemClock

from .environment import is_loopback
from .part import part
from .settings import Settings
from .web.seal import Sealer
from .web.settings import WebSettings
from .web.visit import app_state

if TYPE_CHECKING:
    from .auth.account import Account
    from .auth.client import AuthClient
    from .auth.factor_lookup import FactorLookup
    from .auth.security_log import SecurityLog
    from .auth.service import AuthFlows
    from .auth.sessions import Session, Sessions
    from .auth.tokens import TokenVerifier
    from .data import Database
    from .limits.guesses import Guesses
    from .limits.limits import Limits
    from .mail import Mail
    from .storage import Storage
    from .web.health import Readiness
    from .web.i18n import Catalogs
    from .web.span_sender import SpanSender


@dataclass(eq=False)
class AppState:
    """What belongs to one app: its settings, and parts that are made when first needed."""

    settings: Settings
    web: WebSettings
    clock: Clock
    csp: str
    translations: Path
    languages: tuple[str, ...]
    debug: bool = False

    def __post_init__(self) -> None:
        self.lock = RLock()

    def __repr__(self) -> str:
        return f"<AppState {self.settings!r}>"

    @property
    def in_development(self) -> bool:
        """Whether this is a developer's machine: debug mode, and a site at a loopback address."""
        return self.debug and is_loopback(self.settings.site_url)

    @part
    def sealer(self) -> Sealer:
        """Seals values with the app's own keys."""
        return Sealer(self.settings.secret_keys, clock=self.clock)

    @part
    def catalogs(self) -> Catalogs:
        """The app's translations."""
        from .web.i18n import Catalogs

        return Catalogs(self.translations, self.languages, watch=self.debug)

    @part
    def db(self) -> Database:
        """The database under row-level security."""
        from .data import Database

        return Database.from_settings(self.settings)

    @part
    def client(self) -> AuthClient:
        """Calls Supabase Auth; knows no user."""
        from .auth.client import AuthClient

        settings = self.settings
        return AuthClient(settings.auth_url, settings.publishable_key, settings.service_key)

    @part
    def tokens(self) -> TokenVerifier:
        """Verifies access tokens."""
        from .auth.tokens import TokenVerifier

        return TokenVerifier(
            issuer=self.settings.jwt_issuer,
            fetch_keys=self.client.jwks,
            ask_auth=self.client.get_user,
            clock=self.clock,
            jwt_secret=self.settings.jwt_secret,
        )

    @part
    def factor_lookup(self) -> FactorLookup:
        """Says which bearer tokens lack the second factor of their user."""
        from .auth.factor_lookup import FactorLookup

        return FactorLookup(self.db, self.clock)

    @part
    def sessions(self) -> Sessions:
        """The sessions of the app's users."""
        from .auth.sessions import Sessions

        return Sessions(
            self.db,
            self.client.refresh,
            self.sealer,
            self.clock,
            lifetime=self.settings.session_lifetime,
        )

    @part
    def auth(self) -> AuthFlows:
        """What pages call to sign people up, in and out."""
        from .auth.flows import Flows
        from .auth.oauth_trace import OAuthTrace
        from .auth.service import AuthFlows

        pkce = self.settings.auth_email_flow == "pkce"
        return AuthFlows(
            self.settings,
            self.client,
            self.tokens,
            self.sessions,
            Flows(self.db, self.sealer, self.clock, os.urandom, pkce=pkce),
            self.sealer,
            self.clock,
            db=self.db,
            guesses=self.guesses,
            log=self.security_log,
            trace=OAuthTrace(on=self.in_development),
        )

    @part
    def account(self) -> Account:
        """What the signed-in change about their own account."""
        from .auth.account import Account
        from .auth.deletions import Deletions
        from .auth.linking import Linking

        log = self.security_log
        deletions = Deletions(
            self.db, lambda: self.admin, lambda: self.storage, self.sealer, self.clock, log
        )

        def linking(session: Callable[[], Session]) -> Linking:
            site = self.settings.site_url
            return Linking(self.client, self.sealer, self.clock, log, site, session)

        return Account(
            self.client,
            self.sessions,
            self.db,
            self.clock,
            log,
            self.guesses,
            deletions,
            linking,
        )

    @part
    def admin(self) -> AuthClient:
        """Calls Supabase Auth with the rights of the service; raises ConfigError without a key."""
        from .auth.deletions import admin_client

        return admin_client(self.settings.auth_url, self.settings.service_key)

    @part
    def security_log(self) -> SecurityLog:
        """What happened to accounts, for their owners."""
        from .auth.security_log import SecurityLog

        return SecurityLog(self.db, self.clock)

    @part
    def limits(self) -> Limits:
        """Counts requests, together with the app's other instances."""
        from .limits.limits import Limits

        return Limits(self.db, self.clock)

    @part
    def guesses(self) -> Guesses:
        """Slows down whoever guesses passwords and codes."""
        from .limits.guesses import Guesses
        from .limits.tries import Tries

        return Guesses(Tries(self.db, self.clock))

    @part
    def mail(self) -> Mail:
        """Sends the mails that do not come from Supabase Auth."""
        from .mail import Mail

        return Mail(self.settings)

    @part
    def storage(self) -> Storage:
        """The files of the project's buckets."""
        from .storage import Storage
        from .storage.visitor import access_token

        settings = self.settings
        return Storage(
            settings.storage_url, settings.publishable_key, settings.service_key, access_token
        )

    @part
    def readiness(self) -> Readiness:
        """Asks the database and Supabase Auth whether they answer."""
        from .web.health import Readiness

        # Deferred calls: looking for the first time connects, which belongs into the check.
        return Readiness(
            {"database": lambda: self.db.ready(), "auth": lambda: self.client.health()}, self.clock
        )

    @part
    def span_sender(self) -> SpanSender | None:
        """Sends traces; None when no address for them is set."""
        if self.web.traces is None:
            return None
        from .web.span_sender import SpanSender

        return SpanSender(
            self.web.traces,
            {"service.version": self.web.revision, "gcp.project_id": self.web.cloud_project},
        )

    def close(self) -> None:
        """Close the connections that were opened; for tests and for scripts that end."""
        if self.__dict__.get("span_sender"):
            self.span_sender.close()  # type: ignore[union-attr]
        if "db" in self.__dict__:
            self.db.close()
        if "client" in self.__dict__:
            self.client.close()
        if "admin" in self.__dict__:
            self.admin.close()
        if "storage" in self.__dict__:
            self.storage.close()


class HipFlask:
    """The extension. One object may serve several apps; it keeps nothing of any of them.

    ``hip = HipFlask(); hip.init_app(app)``. The attributes belong to the current app.
    """

    def __init__(self, app: Flask | None = None, *, settings: Settings | None = None) -> None:
        if app is not None:
            self.init_app(app, settings)

    def init_app(
        self,
        app: Flask,
        settings: Settings | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Put the kit around an app.

        Settings come from ``environ`` (the process's own by default) unless they are given.
        Raises ConfigError that names every variable that is missing, weak or malformed.
        """
        from .web.setup import put_around

        environ = os.environ if environ is None else environ
        put_around(
            app,
            settings=settings or Settings.from_env(environ),
            web=WebSettings.from_env(environ),
            clock=clock or SystemClock(),
        )

    @property
    def settings(self) -> Settings:
        """The current app's settings."""
        return app_state().settings

    @property
    def in_development(self) -> bool:
        """Whether the current app runs in debug mode at a loopback address."""
        return app_state().in_development

    @property
    def db(self) -> Database:
        """The current app's database."""
        return app_state().db

    @property
    def auth(self) -> AuthFlows:
        """Signing up, in and out, and links, for the current request."""
        return app_state().auth

    @property
    def sessions(self) -> Sessions:
        """The sessions of the current app's users."""
        return app_state().sessions

    @property
    def storage(self) -> Storage:
        """The files of the current app's buckets."""
        return app_state().storage

    @property
    def limits(self) -> Limits:
        """The rate limits of the current app."""
        return app_state().limits

    @property
    def guesses(self) -> Guesses:
        """Who has to wait for having guessed passwords and codes wrongly."""
        return app_state().guesses

    @property
    def mail(self) -> Mail:
        """Sends the mails that do not come from Supabase Auth."""
        return app_state().mail

    @property
    def sealer(self) -> Sealer:
        """Seals values with the current app's keys."""
        return app_state().sealer
