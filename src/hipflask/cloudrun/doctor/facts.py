"""What the doctor knows when it begins to judge. Values only; others find them out. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from hipflask.cloudrun.observed import ObservedSecret
from hipflask.cloudrun.service import RevisionSettings, Service
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import Context


class Cause(enum.Enum):
    """Why something was not seen."""

    NOT_ASKED = "not asked"
    FAILED = "failed"
    DENIED = "denied"
    SIGNED_OUT = "signed out"
    NO_PROJECT = "no project"
    UNREACHABLE = "unreachable"
    PAUSED = "paused"
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that could not be looked at, why, and what would help."""

    reason: str
    cause: Cause = Cause.NOT_ASKED
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """The versions of the programs on this machine; empty where there is none."""

    gcloud: str = ""
    docker: str = ""
    docker_answers: bool = False
    buildah: str = ""
    git: str = ""


@dataclass(frozen=True, slots=True)
class Roles:
    """Roles in the project: the account's own, and those of groups that it may belong to."""

    own: frozenset[str] = frozenset()
    of_groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Google:
    """The Google Cloud project. ``given`` are the variables with a value in .env.production."""

    number: int
    apis: frozenset[str] | Unseen
    has_account: bool | Unseen
    service: Service | Unseen | None
    serving: RevisionSettings | None
    invokers: frozenset[str] | Unseen
    secrets: Mapping[str, ObservedSecret | Unseen | None]
    roles: Roles | Unseen
    given: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Code:
    """The folder, compared with the commit that serves.

    ``behind`` counts the commits that the image lacks, ``beyond`` those that only the image has;
    ``None`` where git does not know the commit that serves.
    """

    head: str
    is_dirty: bool
    behind: int | None = None
    beyond: int | None = None


@dataclass(frozen=True, slots=True)
class AuthSettings:
    """What Supabase Auth tells everybody who has the publishable key."""

    signup: bool
    confirmations: bool
    providers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Supabase:
    """The Supabase project, by its public endpoints.

    ``redirects`` says which addresses a link may lead to; ``site_url`` is where the others lead,
    empty where every site is allowed.
    """

    version: str
    settings: AuthSettings | Unseen
    algorithms: frozenset[str] | Unseen
    redirects: Mapping[str, bool] | Unseen
    site_url: str = ""
    any_site: bool = False


class Template(enum.Enum):
    """How a mail leads back to the application."""

    TOKEN_HASH = "token_hash"
    CONFIRMATION_URL = "confirmation_url"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class LocalConfig:
    """What supabase/config.toml says of things that a hosted project has, too."""

    auth: AuthSettings
    smtp_host: str = ""
    templates: Mapping[str, Template] = field(default_factory=dict)
    database_version: int = 17


@dataclass(frozen=True, slots=True)
class Database:
    """The database behind DATABASE_URL. ``roles`` are those that its user can act as."""

    host: str
    version: int
    user: str
    roles: frozenset[str]
    max_connections: int
    exposed: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it. ``context`` holds DATABASE_URL; ``site_url`` is the application's address."""

    spec: ServiceSpec
    context: Context
    tools: Tools
    code: Code | Unseen
    config: LocalConfig | Unseen
    google: Google | Unseen
    supabase: Supabase | Unseen
    database: Database | Unseen
    site_url: str = ""
    account: str = ""
