"""What the service will have to do in a month: the input of every estimate."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Final

from hipflask.cloudrun.cost.curve import Curve
from hipflask.errors import ConfigError

_NONE: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficProfile:
    """A month's traffic and what hangs on it. Times are seconds, sizes bytes.

    The defaults are a small product's, as a starting point: measure, then say your own.
    """

    requests: Decimal = Decimal(100_000)
    curve: Curve = field(default_factory=Curve.office)
    # From the first byte in to the last byte out, measured on one whole vCPU.
    latency: Decimal = Decimal("0.2")
    # The part of it in which a CPU works; below one vCPU this part takes longer.
    cpu: Decimal = Decimal("0.02")
    response_size: Decimal = Decimal(20_000)
    log_size: Decimal = Decimal(1_000)
    # From the start of an instance to its first answer, and its way out after SIGTERM.
    startup: Decimal = Decimal(2)
    shutdown: Decimal = Decimal(0)
    # What leaves Supabase for each request (rows), and in the month to browsers (files).
    database_answer_size: Decimal = Decimal(4_000)
    download_size: Decimal = _NONE
    cached_download_size: Decimal = _NONE
    users: Decimal = Decimal(1_000)
    database_size: Decimal = Decimal(50_000_000)
    file_size: Decimal = Decimal(100_000_000)
    builds: Decimal = Decimal(20)
    build_minutes: Decimal = Decimal(3)
    images_kept: Decimal = Decimal(5)
    image_size: Decimal = Decimal(70_000_000)
    jobs: Decimal = _NONE
    # Which part of the billing account's free tier this service may count on: 1 = it is alone.
    free_share: Decimal = Decimal(1)
    # What Cloud Monitoring measured; either takes the place of the model of shared instances.
    # instance_seconds is the billable instance time: with starts, and under instance-based billing
    # the whole life.
    instance_seconds: Decimal | None = None
    shared_by: Decimal | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Decimal) and (not value.is_finite() or value < 0):
                raise ConfigError(f"{item.name} of the traffic profile must be 0 or more.")
        if self.latency == 0:
            raise ConfigError("latency of the traffic profile must be above 0.")
        if self.cpu > self.latency:
            cpu, latency = (f"{(1000 * time).normalize():f}" for time in (self.cpu, self.latency))
            raise ConfigError(
                f"The CPU works for {cpu} ms of each request, but all of it takes {latency} ms.",
                hint="The CPU time is part of the latency: lower the one or raise the other.",
            )
        if self.free_share > 1:
            raise ConfigError("free_share of the traffic profile must be between 0 and 1.")
        if self.shared_by is not None and self.shared_by < 1:
            raise ConfigError("shared_by of the traffic profile must be 1 or more.")
        if self.shared_by is not None and self.instance_seconds is not None:
            raise ConfigError("Say instance_seconds or shared_by, not both.")

    def with_requests(self, requests: Decimal) -> TrafficProfile:
        """Return the same product with more or less traffic.

        Users, downloads and measured instance time grow with the requests; stored data, builds
        and jobs stay. A profile without requests gives no proportion, so only they change.
        """
        if self.requests == 0:
            return replace(self, requests=requests)
        factor = requests / self.requests
        measured = self.instance_seconds
        return replace(
            self,
            requests=requests,
            users=self.users * factor,
            download_size=self.download_size * factor,
            cached_download_size=self.cached_download_size * factor,
            instance_seconds=None if measured is None else measured * factor,
        )

    def service_time(self, vcpus: Decimal) -> Decimal:
        """Return how long a request takes on instances of this size, when it need not queue."""
        return self.latency - self.cpu + self.cpu / min(vcpus, Decimal(1))
