"""What Google and Supabase charge, read from prices.toml into typed, exact values."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar, get_type_hints

from hipflask.errors import ConfigError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A group of figures read on one day from one place."""

    as_of: date
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBasedRates(Dated):
    """Request-based billing: dollars for a second in which an instance works, or waits as a
    minimum instance, and for a million requests.
    """

    vcpu_second: Decimal
    gib_second: Decimal
    idle_vcpu_second: Decimal
    idle_gib_second: Decimal
    million_requests: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBasedFree(Dated):
    """What a billing account gets free each month under request-based billing."""

    vcpu_seconds: Decimal
    gib_seconds: Decimal
    requests: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceBasedRates(Dated):
    """Instance-based billing: dollars for a second of an instance's life."""

    vcpu_second: Decimal
    gib_second: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceBasedFree(Dated):
    """What a billing account gets free each month under instance-based billing."""

    vcpu_seconds: Decimal
    gib_seconds: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBasedPrices:
    """Both tiers of request-based billing, and its free part."""

    tier_1: RequestBasedRates
    tier_2: RequestBasedRates
    free: RequestBasedFree


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceBasedPrices:
    """Both tiers of instance-based billing, and its free part."""

    tier_1: InstanceBasedRates
    tier_2: InstanceBasedRates
    free: InstanceBasedFree


@dataclass(frozen=True, slots=True, kw_only=True)
class Metering(Dated):
    """How Cloud Run measures time."""

    busy_step_milliseconds: Decimal
    shortest_lifetime_seconds: Decimal
    month_hours: Decimal

    @property
    def month_seconds(self) -> Decimal:
        """The seconds of the month that all estimates are for."""
        return self.month_hours * 3600

    @property
    def busy_step(self) -> Decimal:
        """The step of busy time in seconds."""
        return self.busy_step_milliseconds / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Regions(Dated):
    """Which price a region has."""

    tier_1: tuple[str, ...]
    tier_2: tuple[str, ...]
    north_america: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudRunPrices:
    """Everything of Cloud Run itself."""

    request_based: RequestBasedPrices
    instance_based: InstanceBasedPrices
    metering: Metering
    regions: Regions


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPrices(Dated):
    """Traffic from Google to the Internet."""

    gib: Decimal
    free_gib: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactRegistryPrices(Dated):
    """Images that are kept."""

    gib_month: Decimal
    free_gib_months: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudBuildPrices(Dated):
    """Images that are built by Google."""

    minute: Decimal
    free_minutes: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretManagerPrices(Dated):
    """Secrets that are kept and read."""

    version_month: Decimal
    ten_thousand_accesses: Decimal
    free_versions: Decimal
    free_accesses: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggingPrices(Dated):
    """Log lines that are written."""

    gib: Decimal
    free_gib: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerPrices(Dated):
    """Scheduled jobs."""

    job_month: Decimal
    free_jobs: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SupabasePlanPrices(Dated):
    """A plan's monthly price and what it includes. GB are 10^9 bytes."""

    month: Decimal
    compute_credit: Decimal
    database_gb: Decimal
    monthly_users: Decimal
    storage_gb: Decimal
    egress_gb: Decimal
    cached_egress_gb: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SupabaseOverage(Dated):
    """What a paid plan charges beyond what it includes."""

    database_gb: Decimal
    monthly_user: Decimal
    storage_gb: Decimal
    egress_gb: Decimal
    cached_egress_gb: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class SupabaseCompute(Dated):
    """The month's price of each size of database server."""

    sizes: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupabasePrices:
    """Everything of Supabase."""

    free: SupabasePlanPrices
    pro: SupabasePlanPrices
    overage: SupabaseOverage
    compute: SupabaseCompute


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """All prices of prices.toml, grouped as there."""

    cloud_run: CloudRunPrices
    egress: EgressPrices
    artifact_registry: ArtifactRegistryPrices
    cloud_build: CloudBuildPrices
    secret_manager: SecretManagerPrices
    logging: LoggingPrices
    scheduler: SchedulerPrices
    supabase: SupabasePrices

    def groups(self) -> Iterator[Dated]:
        """Yield every dated group of figures."""
        yield from _dated(self)


@cache
def list_prices() -> Prices:
    """Return the prices that this version of Hipflask knows."""
    return read_prices(files(__package__).joinpath("prices.toml").read_text(encoding="utf-8"))


def read_prices(text: str) -> Prices:
    """Read a text in the format of prices.toml.

    Raises ConfigError that names a table or figure which is missing, unknown or no number.
    """
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The price list is not valid TOML: {error}") from error
    return _read(Prices, tables, "")


def _read(kind: type[_T], table: Mapping[str, Any], place: str) -> _T:
    """Build a dataclass from a table, by the types of its fields."""
    if kind is SupabaseCompute:
        about = {field.name for field in fields(Dated)}
        sizes = {name: value for name, value in table.items() if name not in about}
        table = {name: value for name, value in table.items() if name in about}
        table["sizes"] = {n: _value(Decimal, v, f"{place}.{n}") for n, v in sizes.items()}
    types = get_type_hints(kind)
    required = {name for name in types if name != "note"}
    for name in sorted(required - set(table)):
        raise ConfigError(f"The price list has no {_joined(place, name)}.")
    for name in sorted(set(table) - set(types)):
        raise ConfigError(f"The price list has an unknown entry {_joined(place, name)}.")
    return kind(**{n: _value(types[n], value, _joined(place, n)) for n, value in table.items()})


def _value(kind: Any, value: Any, place: str) -> Any:
    if kind is Decimal:
        is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
        if not is_number or not Decimal(value).is_finite() or value < 0:
            raise ConfigError(f"{place} of the price list is no amount: {value!r}.")
        return Decimal(value)
    if kind == tuple[str, ...] and isinstance(value, list):
        return tuple(str(item) for item in value)
    if isinstance(value, Mapping) and isinstance(kind, type):
        return _read(kind, value, place)
    if isinstance(value, Mapping) or (isinstance(kind, type) and isinstance(value, kind)):
        return value
    raise ConfigError(f"{place} of the price list is not what belongs there: {value!r}.")


def _dated(prices: Any) -> Iterator[Dated]:
    for field in fields(prices):
        value = getattr(prices, field.name)
        if isinstance(value, Dated):
            yield value
        elif is_dataclass(value):
            yield from _dated(value)


def _joined(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
