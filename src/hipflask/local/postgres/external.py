"""Somebody else's PostgreSQL server, used in place of the embedded one."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg

from hipflask.errors import ConfigError, StackError
from hipflask.local.postgres.binaries import OLDEST_SUPPORTED
from hipflask.local.postgres.opening import URL_SETTING as URL_SETTING

_ASKED_OF_SERVER = """
select current_setting('server_version_num')::int / 10000, rolsuper
from pg_roles where rolname = current_user
"""


class ExternalServer:
    """A running server named by a superuser's address. Starting it means looking at it.

    The services log in with roles of their own, which bootstrap creates; they get the password of
    the address.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("postgresql", "postgres") or not parts.hostname:
            raise ConfigError(
                f"{URL_SETTING} is not the address of a PostgreSQL server.",
                hint="It looks like postgresql://postgres:password@127.0.0.1:5432/postgres",
            )
        self._parts = parts
        self.user = unquote(parts.username or "postgres")
        self.password = unquote(parts.password or "postgres")
        self.port = parts.port or 5432

    def __repr__(self) -> str:
        return f"ExternalServer({self._parts.hostname}:{self.port})"

    def start(self) -> None:
        """Check that the server answers, is new enough and lets us set things up."""
        where = f"{self._parts.hostname}:{self.port}"
        try:
            with psycopg.connect(self.url(user=self.user), connect_timeout=5) as connection:
                row = connection.execute(_ASKED_OF_SERVER).fetchone()
        except psycopg.OperationalError as error:
            raise StackError(
                f"The PostgreSQL server at {where} cannot be used: {_first_line(error)}",
                hint=f"Start it, or correct {URL_SETTING}; unset it to use the embedded one.",
            ) from error
        major, is_superuser = row or (0, False)
        if major < OLDEST_SUPPORTED:
            raise StackError(
                f"The PostgreSQL server at {where} is version {major}; {OLDEST_SUPPORTED} or"
                " newer is needed.",
                hint=f"Name a newer one in {URL_SETTING}, or unset it to use the embedded one.",
            )
        if not is_superuser:
            raise StackError(
                f"{self.user} is no superuser of the PostgreSQL server at {where}; Supabase's"
                " roles and schemas cannot be set up without one.",
                hint=f"Name a superuser in {URL_SETTING}, or unset it to use the embedded one.",
            )

    def stop(self) -> None:
        """Leave the server running: it is not ours."""

    def url(self, *, user: str = "postgres", database: str = "") -> str:
        """Return the address of ``database`` (the given one by default) for ``user``."""
        # Before bootstrap the role "postgres" may not exist here.
        if user == "postgres":
            user = self.user
        host = self._parts.netloc.rpartition("@")[2]
        login = f"{quote(user, safe='')}:{quote(self.password, safe='')}"
        path = f"/{quote(database, safe='')}" if database else self._parts.path or "/postgres"
        return urlunsplit(("postgresql", f"{login}@{host}", path, self._parts.query, ""))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
