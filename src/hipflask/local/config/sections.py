"""The sections of ``config.toml`` other than ``[auth]``. Defaults are the Supabase CLI's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from hipflask.local.config.values import ByteSize


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """``[api]``: the gateway's port and what the Data API exposes."""

    enabled: bool = True
    port: int = 54321
    external_url: str = ""
    schemas: tuple[str, ...] = ("public", "graphql_public")
    extra_search_path: tuple[str, ...] = ("public", "extensions")
    max_rows: int = 1000
    auto_expose_new_tables: bool | None = None


@dataclass(frozen=True, slots=True)
class MigrationsConfig:
    """``[db.migrations]``."""

    enabled: bool = True
    schema_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeedConfig:
    """``[db.seed]``: files that a reset loads after the migrations."""

    enabled: bool = True
    sql_paths: tuple[str, ...] = ("./seed.sql",)


@dataclass(frozen=True, slots=True)
class DbConfig:
    """``[db]``: the database's ports and what is loaded into it."""

    port: int = 54322
    shadow_port: int = 54320
    major_version: int = 17
    migrations: MigrationsConfig = field(default_factory=MigrationsConfig)
    seed: SeedConfig = field(default_factory=SeedConfig)


@dataclass(frozen=True, slots=True)
class SmtpConfig:
    """``[local_smtp]`` (older files: ``[inbucket]``): the mailbox of this machine.

    ``smtp_port`` is closed in the Supabase CLI unless it is set; ours listens on 54325.
    """

    enabled: bool = True
    port: int = 54324
    smtp_port: int = 54325
    pop3_port: int = 0
    admin_email: str = "admin@email.com"
    sender_name: str = "Admin"


@dataclass(frozen=True, slots=True)
class BucketConfig:
    """``[storage.buckets.NAME]``."""

    public: bool = False
    file_size_limit: Annotated[int, ByteSize] = 0
    allowed_mime_types: tuple[str, ...] = ()
    objects_path: str = ""


@dataclass(frozen=True, slots=True)
class SwitchConfig:
    """A section with nothing but ``enabled``."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class StorageConfig:
    """``[storage]``. Sizes are in bytes."""

    enabled: bool = True
    file_size_limit: Annotated[int, ByteSize] = 50 * 1024 * 1024
    buckets: Mapping[str, BucketConfig] = field(default_factory=dict)
    s3_protocol: SwitchConfig = field(default_factory=SwitchConfig)
    #: On where the section is missing, unlike the CLI's: no container has to be started for it.
    image_transformation: SwitchConfig = field(default_factory=SwitchConfig)
