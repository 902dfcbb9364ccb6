"""The services over one database, in this process, without sockets of their own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from psycopg.conninfo import make_conninfo

from hipflask.local.auth import AuthApp, AuthContext, open_pool
from hipflask.local.gateway import AccessLog, ApiKeys, create_gateway
from hipflask.local.mailbox.relay import Relay, RelaySettings
from hipflask.local.mailers import MailboxMailer, RelayMailer
from hipflask.local.storage import Database, FileStore, StorageApp, StorageContext
from hipflask.local.storage import open_pool as open_storage_pool
from hipflask.local.storage.configured_buckets import make_configured_buckets
from hipflask.local.storage.database import Pool

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from hipflask.local.auth.mail import Mailer
    from hipflask.local.config import ProjectConfig
    from hipflask.local.keys import ProjectKeys
    from hipflask.local.mailbox import Mailbox
    from hipflask.local.project import Project
    from hipflask.protocol.clock import Clock

AUTH_ROLE = "supabase_auth_admin"
MOST_AUTH_CONNECTIONS = 10
STORAGE_ROLE = "supabase_storage_admin"
MOST_STORAGE_CONNECTIONS = 10


class Backend:
    """Auth and Storage behind the gateway. ``wsgi`` answers what port 54321 answers.

    ``database_url`` may name any user: Auth connects as ``supabase_auth_admin``, Storage as
    ``supabase_storage_admin``, with the same password. Objects lie in ``storage_folder``.
    ``external_url`` is where clients reach the gateway. ``relay`` sends mail out instead of
    keeping it in ``mailbox``. ``stand_in_issuer`` is where the DevIdentityProvider answers.
    """

    def __init__(
        self,
        *,
        database_url: str,
        config: ProjectConfig,
        keys: ProjectKeys,
        mailbox: Mailbox,
        clock: Clock,
        external_url: str,
        supabase_folder: Path,
        storage_folder: Path,
        durable: bool = True,
        bcrypt_cost: int = 10,
        relay: RelaySettings | None = None,
        access_log: AccessLog | None = None,
        stand_in_issuer: str = "",
    ) -> None:
        self.mailbox = mailbox
        self._config, self._keys = config, keys
        self._files = FileStore(storage_folder, durable=durable)
        self._external_url = external_url
        self._storage_pool: Pool | None = None
        self._access_log = access_log
        self._pool = open_pool(_as_user(database_url, AUTH_ROLE), max_size=MOST_AUTH_CONNECTIONS)
        mailer: Mailer = MailboxMailer(mailbox, clock)
        if relay is not None:
            mailer = RelayMailer(Relay(relay), clock)
        auth = AuthApp(
            AuthContext(
                config=config.auth,
                keys=keys,
                pool=self._pool,
                mailer=mailer,
                clock=clock,
                external_url=config.auth.external_url or f"{external_url}/auth/v1",
                templates_root=supabase_folder,
                bcrypt_cost=bcrypt_cost,
                stand_in_issuer=stand_in_issuer,
            )
        )
        self.wsgi: WSGIApplication = create_gateway(
            keys=ApiKeys.of(keys),
            auth=auth if config.auth.enabled else None,
            storage=self._storage(database_url, clock, supabase_folder),
            log=access_log,
            clock=clock,
        )

    def _storage(self, database_url: str, clock: Clock, supabase_folder: Path) -> StorageApp | None:
        if not self._config.storage.enabled:
            return None
        self._storage_pool = _storage_pool(database_url)
        context = StorageContext(
            config=self._config.storage,
            keys=self._keys,
            database=Database(self._storage_pool),
            files=self._files,
            clock=clock,
            external_url=f"{self._external_url}/storage/v1",
        )
        context.files.recover(context.database.versions_in_use)
        make_configured_buckets(context, supabase_folder)
        return StorageApp(context)

    def close(self) -> None:
        """Give the connections back. The mailbox stays: it belongs to the caller."""
        self._pool.close()
        if self._storage_pool is not None:
            self._storage_pool.close()
        if self._access_log is not None:
            self._access_log.close()


def start_storage_over(
    database_url: str, config: ProjectConfig, keys: ProjectKeys, project: Project, clock: Clock
) -> None:
    """Delete every object's file after the database was made anew; make the configured buckets."""
    files = FileStore(project.storage)
    files.clear()
    if not (config.storage.enabled and config.storage.buckets):
        return
    pool = _storage_pool(database_url)
    try:
        context = StorageContext(
            config=config.storage,
            keys=keys,
            database=Database(pool),
            files=files,
            clock=clock,
            external_url=f"{config.api_url}/storage/v1",
        )
        make_configured_buckets(context, project.supabase)
    finally:
        pool.close()


def _storage_pool(database_url: str) -> Pool:
    return open_storage_pool(
        _as_user(database_url, STORAGE_ROLE), max_size=MOST_STORAGE_CONNECTIONS
    )


def _as_user(url: str, user: str) -> str:
    return make_conninfo(url, user=user)
