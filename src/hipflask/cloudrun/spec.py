"""What one Cloud Run service should be, as typed values. Pure: no file, no clock, no network.

The defaults here are Cloud Run's own: what a deploy gets that says nothing. What a small product
should say is in the starter's ``hipflask.toml``, which ``spec_file.py`` reads into this.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from hipflask.cloudrun.quantities import Cpu, Duration, Memory

DEFAULT_CPU: Final = Cpu(1000)
DEFAULT_MEMORY: Final = Memory.mebi(512)
DEFAULT_TIMEOUT: Final = Duration(300)
DEFAULT_CONCURRENCY_PER_VCPU: Final = 80
DEFAULT_MAX_INSTANCES: Final = 100
SECOND_GENERATION_FLOOR: Final = Memory.mebi(512)
DEFAULT_SECRET_VERSION: Final = "latest"
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_PROBE_DELAY: Final = Duration(0)
_PROBE_TIMEOUT: Final = Duration(1)
_PROBE_PERIOD: Final = Duration(10)


class ExecutionEnvironment(enum.Enum):
    """The sandbox: the first generation starts faster, the second is a full Linux."""

    GEN1 = "gen1"
    GEN2 = "gen2"


class Billing(enum.Enum):
    """What is paid for: the time with requests, or the whole life of an instance."""

    REQUEST = "request"
    INSTANCE = "instance"


class Ingress(enum.Enum):
    """Where requests may come from."""

    ALL = "all"
    INTERNAL = "internal"
    LOAD_BALANCER = "internal-and-cloud-load-balancing"


class ConnectionMode(enum.Enum):
    """How the application reaches its Supabase database."""

    DIRECT = "direct"
    SESSION = "session"
    TRANSACTION = "transaction"
    DEDICATED = "dedicated"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A secret in Secret Manager and which version of it.

    ``latest`` is the newest at the deploy: a revision is pinned to it (release.py).
    """

    name: str
    version: str = DEFAULT_SECRET_VERSION

    @classmethod
    def parse(cls, given: str) -> SecretRef:
        """Read ``"name"`` or ``"name:version"``, as gcloud's ``--set-secrets`` writes it."""
        name, colon, version = given.strip().partition(":")
        if not name or (colon and not version) or ":" in version:
            raise ValueError(given)
        return cls(name, version or DEFAULT_SECRET_VERSION)

    @property
    def is_numbered(self) -> bool:
        """Whether it is one version for good: no deploy adds another for it."""
        return self.version != DEFAULT_SECRET_VERSION

    def __str__(self) -> str:
        return f"{self.name}:{self.version}"


@dataclass(frozen=True, slots=True)
class Probe:
    """A check that Cloud Run makes on each instance: an HTTP GET, or TCP where ``path`` is empty.

    The timings are Cloud Run's defaults (v2 API, ``Probe``).
    """

    path: str = ""
    initial_delay: Duration = _PROBE_DELAY
    timeout: Duration = _PROBE_TIMEOUT
    period: Duration = _PROBE_PERIOD
    failure_threshold: int = 3

    @property
    def budget(self) -> Duration:
        """How long an instance has until the probe counts as failed."""
        return Duration(self.initial_delay.seconds + self.period.seconds * self.failure_threshold)


@dataclass(frozen=True, slots=True)
class DatabaseSpec:
    """The Supabase database behind the service, as far as its connection limits go."""

    connection: ConnectionMode = ConnectionMode.TRANSACTION
    # The kit's own default, DATABASE_POOL_SIZE.
    pool_size: int = 4
    compute: str = "nano"
    # Backend connections of the pooler: what a session-mode client needs one of (Supabase: 15).
    pooler_size: int = 15
    # Whether PostgREST is used too; Supabase then keeps more of the connections for itself.
    data_api: bool = False
    # Supabase's paid add-on that gives the direct host an IPv4 address.
    ipv4_addon: bool = False
    # The kit switches them off behind a pooler; true says that other code uses them.
    prepared_statements: bool = False


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """One service, complete. ``None`` and empty text leave the choice to Cloud Run."""

    project: str = ""
    region: str = "us-west1"
    repository: str = "hipflask"
    name: str = ""
    # The image's name in the repository; the service's name where empty.
    image: str = ""
    # Cloud Run: 1 vCPU and 512 MiB.
    cpu: Cpu = DEFAULT_CPU
    memory: Memory = DEFAULT_MEMORY
    # Cloud Run (gcloud): 80 for each vCPU. 0 means the same.
    concurrency: int | None = None
    # gunicorn's, as the starter's image runs it.
    workers: int = 1
    threads: int = 8
    min_instances: int = 0
    # Cloud Run: 100.
    max_instances: int | None = None
    timeout: Duration = DEFAULT_TIMEOUT
    # Cloud Run: the first generation, unless something needs the second.
    execution_environment: ExecutionEnvironment | None = None
    cpu_boost: bool = True
    billing: Billing = Billing.REQUEST
    port: int = 8080
    ingress: Ingress = Ingress.ALL
    # Whether everybody may call it (allUsers as run.invoker). Cloud Run: no.
    public: bool = False
    # A name or a full address; empty: the deploy makes one that may do nothing but this.
    service_account: str = ""
    environment: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    secrets: Mapping[str, SecretRef] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    startup_probe: Probe | None = None
    liveness_probe: Probe | None = None
    database: DatabaseSpec = field(default_factory=DatabaseSpec)

    @property
    def effective_concurrency(self) -> int:
        """Requests at once per instance, with Cloud Run's default where the spec has none."""
        if self.concurrency:
            return self.concurrency
        return DEFAULT_CONCURRENCY_PER_VCPU * max(1, math.ceil(self.cpu.vcpus))

    @property
    def effective_generation(self) -> ExecutionEnvironment | None:
        """The generation to ask for: the first where only the first can run it."""
        small = self.cpu.is_fraction or self.memory < SECOND_GENERATION_FLOOR
        if self.execution_environment is None and small:
            return ExecutionEnvironment.GEN1
        return self.execution_environment

    @property
    def effective_max_instances(self) -> int:
        """The most instances, with Cloud Run's default where the spec has none."""
        return DEFAULT_MAX_INSTANCES if self.max_instances is None else self.max_instances

    @property
    def parallelism(self) -> int:
        """Requests that one instance works on at once: gunicorn's workers × threads."""
        return self.workers * self.threads

    @property
    def connections_per_instance(self) -> int:
        """Database connections that one instance may open."""
        return self.workers * self.database.pool_size

    @property
    def image_path(self) -> str:
        """Where the image lives in Artifact Registry, without a tag."""
        host = f"{self.region}-docker.pkg.dev"
        # Artifact Registry writes a project of a domain, example.com:shop, with a slash.
        project = self.project.replace(":", "/")
        return f"{host}/{project}/{self.repository}/{self.image or self.name}"
