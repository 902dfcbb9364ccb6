"""The embedded stack of one project: PostgreSQL, migrations, the services, and their ports.

Heavy modules are imported while PostgreSQL starts, not before: a second start is ready in less
time than Flask and psycopg take to import one after the other.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from hipflask.errors import AlreadyRunning, ConfigError
from hipflask.local.config import ProjectConfig
from hipflask.local.control import ControlServer
from hipflask.local.keys import ProjectKeys
from hipflask.local.ports import listen
from hipflask.local.postgres.lock import FolderLock
from hipflask.local.project import Project
from hipflask.local.stack_state import Addresses, StackState, forget, known_addresses
from hipflask.protocol.clock import Clock, SystemClock

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from hipflask.local.backend import Backend
    from hipflask.local.http_server import HttpServer
    from hipflask.local.mailbox.smtp import SmtpServer
    from hipflask.local.mailbox.store import Mailbox
    from hipflask.local.postgres import Server

API_THREADS = 16
MAILBOX_THREADS = 4
IDENTITY_THREADS = 2


@dataclass(frozen=True, slots=True)
class Step:
    """Something the start has finished, for the terminal."""

    name: str
    note: str
    seconds: float


class Stack:
    """Starts, holds and stops everything that one project needs on this machine.

    Everything binds to loopback. ``app_url`` is only told to others (``status``). ``on_error`` is
    told what a service could not do; the whole story is in ``.hipflask/logs/stack.log``. A second
    stack of the same folder raises ``AlreadyRunning``.
    """

    def __init__(
        self,
        project: Project,
        config: ProjectConfig,
        *,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        app_url: str = "",
        on_step: Callable[[Step], None] = lambda _: None,
        on_error: Callable[[str], None] = lambda _: None,
        durable: bool = True,
    ) -> None:
        self.project = project
        self.config = config
        self.stop_requested = threading.Event()
        self.mail_leaves_through = ""
        """The mail server that takes the mails of Auth, once started; else they stay here."""
        self._environ = environ
        self._clock = clock or SystemClock()
        self._app_url = app_url
        self._on_step = on_step
        self._on_error = on_error
        self._durable = durable
        self._lock = FolderLock(project.state / "stack")
        self._sockets: dict[str, socket.socket] = {}
        self._cleanup = contextlib.ExitStack()
        self._keys: ProjectKeys | None = None
        self._database_url = ""
        self._postgres_failure: BaseException | None = None
        self._running = False

    @property
    def keys(self) -> ProjectKeys:
        """The project's keys, made at the first start."""
        if self._keys is None:
            self._keys = ProjectKeys.load_or_create(self.project, self.config, self._clock)
        return self._keys

    @property
    def database_url(self) -> str:
        """Where PostgreSQL answers, for user postgres; known before it starts."""
        if self._database_url:
            return self._database_url
        return self._server().url()

    @property
    def addresses(self) -> Addresses:
        """Where everything answers."""
        smtp = self.config.local_smtp
        return Addresses(
            app=self._app_url,
            api=f"http://127.0.0.1:{self.config.api.port}",
            database=self.database_url,
            mailbox=f"http://127.0.0.1:{smtp.port}" if smtp.enabled else "",
            smtp=f"127.0.0.1:{smtp.smtp_port}" if smtp.enabled else "",
            identity=(
                f"http://127.0.0.1:{self.config.identity_port}" if self.config.stand_ins else ""
            ),
        )

    def claim(self) -> None:
        """Take the folder and the ports, so that whatever is in the way is known at once.

        Raises ``AlreadyRunning``, ``PortInUse`` or ``ConfigError``. ``start`` does it by itself.
        """
        if self._sockets:
            return
        self._require_own_database()
        self.project.create_state()
        self._acquire_lock()
        self._cleanup.callback(self._lock.release)
        try:
            self._bind("gateway", self.config.api.port, "the Supabase API")
            if self.config.local_smtp.enabled:
                self._bind("mailbox", self.config.local_smtp.port, "the mailbox")
                self._bind("smtp", self.config.local_smtp.smtp_port, "SMTP")
            if self.config.stand_ins:
                self._bind("identity", self.config.identity_port, "the DevIdentityProvider")
        except BaseException:
            self.stop()
            raise

    def start(self) -> None:
        """Start everything. On an error everything is stopped again before it is raised."""
        self.claim()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        self._running = True

    def stop(self) -> None:
        """Stop everything, in the opposite order. Harmless when nothing runs."""
        self.stop_requested.set()
        self._running = False
        self._cleanup.close()
        for listener in self._sockets.values():
            listener.close()
        self._sockets.clear()

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        postgres = threading.Thread(target=self._start_postgres, name="postgres", daemon=True)
        postgres.start()
        # Meanwhile, on this thread: the imports.
        from hipflask.local.backend import Backend
        from hipflask.local.http_server import HttpServer, MadeAtFirstRequest
        from hipflask.local.mailbox.store import Mailbox
        from hipflask.local.stack_log import stack_log

        log = self.project.logs / "stack.log"
        self._cleanup.enter_context(stack_log(log, self._on_error))
        mailbox = Mailbox(self.project.mail, clock=self._clock)
        keys = self.keys
        mailbox_app = MadeAtFirstRequest(lambda: _mailbox_app(mailbox))
        postgres.join()
        if self._postgres_failure is not None:
            raise self._postgres_failure
        began = time.perf_counter()
        backend = self._backend(Backend, mailbox, keys)
        self._cleanup.callback(backend.close)
        self._serve(HttpServer, backend.wsgi, "gateway", API_THREADS)
        if self.config.local_smtp.enabled:
            self._serve(HttpServer, mailbox_app, "mailbox", MAILBOX_THREADS)
            self._serve_smtp(mailbox)
        if self.config.stand_ins:
            identity_app = MadeAtFirstRequest(self._identity_app)
            self._serve(HttpServer, identity_app, "identity", IDENTITY_THREADS)
        self._publish()
        self._on_step(Step("Auth, Storage, gateway, mailbox", "", time.perf_counter() - began))
        if self.config.stand_ins:
            names = ", ".join(self.config.stand_ins)
            self._on_step(Step("DevIdentityProvider", f"stands in for {names}: no client id", 0))

    def _start_postgres(self) -> None:
        """Start the server, bootstrap and migrate. Runs beside the imports; errors are kept."""
        try:
            began = time.perf_counter()
            fresh = not self.project.database.exists()
            server = self._server()
            self._cleanup.callback(server.stop)
            server.start()
            self._database_url = server.url()
            self._on_step(Step("PostgreSQL", "", time.perf_counter() - began))
            self._migrate(server, fresh=fresh)
        except BaseException as error:  # raised again on the starting thread
            self._postgres_failure = error

    def _migrate(self, server: Server, *, fresh: bool) -> None:
        from hipflask.local.migrations import apply, find_seeds
        from hipflask.local.postgres import bootstrap

        began = time.perf_counter()
        bootstrap(server)
        db = self.config.db
        seeds = []
        # As `supabase start`: a new database gets the seed, one that has been used does not.
        if fresh and db.seed.enabled:
            seeds = find_seeds(self.project.supabase, db.seed.sql_paths)
        note = "switched off in config.toml"
        if db.migrations.enabled:
            done = apply(server.url(), self.project.migrations, seeds=seeds)
            note = f"{len(done.migrations)} applied" if done.migrations else "nothing to apply"
        self._on_step(Step("Migrations", note, time.perf_counter() - began))

    def _server(self) -> Server:
        from hipflask.local.postgres.opening import open_server

        return open_server(
            self.project.database,
            port=self.config.db.port,
            durable=self._durable,
            log=self.project.logs / "postgres.log",
            environ=self._environ,
        )

    def _backend(self, cls: type[Backend], mailbox: Mailbox, keys: ProjectKeys) -> Backend:
        from hipflask.local.gateway import AccessLog
        from hipflask.local.mailbox.relay import RelaySettings

        relay = RelaySettings.from_settings(self._environ, self.config.auth.email.smtp)
        if relay is not None:
            self.mail_leaves_through = f"{relay.host}:{relay.port}"
        return cls(
            database_url=self.database_url,
            config=self.config,
            keys=keys,
            mailbox=mailbox,
            clock=self._clock,
            external_url=self.config.api_url,
            supabase_folder=self.project.supabase,
            storage_folder=self.project.storage,
            durable=self._durable,
            relay=relay,
            stand_in_issuer=self.addresses.identity,
            access_log=AccessLog(self.project.logs / "gateway.log"),
            environ=self._environ,
        )

    def _identity_app(self) -> WSGIApplication:
        from hipflask.local.identity.app import create_identity_app

        auth = self.config.auth
        return create_identity_app(
            self.addresses.identity,
            clock=self._clock,
            app_urls=(auth.site_url, *auth.additional_redirect_urls),
        )

    def _serve(self, cls: type[HttpServer], app: Any, name: str, threads: int) -> None:
        server = cls(app, listener=self._sockets.pop(name), threads=threads, name=name)
        self._cleanup.callback(server.stop)
        server.start()

    def _serve_smtp(self, mailbox: Mailbox) -> None:
        from hipflask.local.mailbox.smtp import SmtpServer

        server: SmtpServer = SmtpServer(mailbox, listener=self._sockets.pop("smtp"))
        self._cleanup.callback(server.stop)
        server.start()

    def _publish(self) -> None:
        """Tell other processes that this stack runs, and how to stop it."""
        token = os.urandom(32).hex()
        control = ControlServer(token, self.stop_requested.set)
        self._cleanup.callback(control.close)
        control.start()
        state = StackState(
            pid=os.getpid(),
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            control_port=control.port,
            control_token=token,
            addresses=self.addresses,
        )
        state.write(self.project.stack_file)
        self._forget_last_of_all()

    def _forget_last_of_all(self) -> None:
        """Delete the state file at the very end of ``stop``: others wait for that."""
        everything = self._cleanup.pop_all()
        self._cleanup.callback(forget, self.project.stack_file)
        self._cleanup.callback(everything.close)

    def _require_own_database(self) -> None:
        """Refuse to let stacks side by side share one server: each would migrate and fill it."""
        if not self.project.is_instance:
            return
        from hipflask.local.postgres.opening import URL_SETTING

        if self._environ.get(URL_SETTING, "").strip():
            raise ConfigError(
                f"{URL_SETTING} names one server, and each of several stacks needs its own.",
                hint="Unset it, or start without --config and --port-offset.",
            )

    def _acquire_lock(self) -> None:
        try:
            self._lock.acquire()
        except AlreadyRunning as error:
            state = StackState.running(self.project.stack_file)
            if state is None:
                raise AlreadyRunning(error.pid, self.project.root) from None
            known = ", ".join(known_addresses(state.addresses).values())
            already = AlreadyRunning(state.pid, self.project.root)
            already.message = f"{already.message.rstrip('.')}: {known}."
            already.args = (already.message,)
            raise already from None

    def _bind(self, name: str, port: int, needed_for: str) -> None:
        self._sockets[name] = listen(port, needed_for)


def _mailbox_app(mailbox: Mailbox) -> WSGIApplication:
    from hipflask.local.mailbox.app import create_mailbox_app

    return create_mailbox_app(mailbox)
