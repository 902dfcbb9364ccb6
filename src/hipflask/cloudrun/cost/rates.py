"""What one second of one instance costs. Exact: nothing is rounded here."""

from __future__ import annotations

from decimal import Decimal

from hipflask.cloudrun.prices import (
    InstanceBasedRates,
    Prices,
    Regions,
    RequestBasedRates,
    list_prices,
)
from hipflask.cloudrun.spec import Billing, ServiceSpec
from hipflask.errors import ConfigError


def price_per_active_second(spec: ServiceSpec, prices: Prices | None = None) -> Decimal:
    """Return the dollars for a second in which one instance is billed in full.

    Raises ConfigError for a region without a price.
    """
    rates = rates_of(spec, prices or list_prices())
    return spec.cpu.vcpus * rates.vcpu_second + spec.memory.gibibytes * rates.gib_second


def price_per_idle_second(spec: ServiceSpec, prices: Prices | None = None) -> Decimal:
    """Return the dollars for a second in which a minimum instance only waits.

    Under instance-based billing waiting costs as much as working.
    """
    rates = rates_of(spec, prices or list_prices())
    if isinstance(rates, InstanceBasedRates):
        return price_per_active_second(spec, prices)
    idle_cpu = spec.cpu.vcpus * rates.idle_vcpu_second
    return idle_cpu + spec.memory.gibibytes * rates.idle_gib_second


def rates_of(spec: ServiceSpec, prices: Prices) -> RequestBasedRates | InstanceBasedRates:
    """Return the rates of the spec's billing in its region."""
    first = is_tier_1(spec.region, prices.cloud_run.regions)
    if spec.billing is Billing.REQUEST:
        by_request = prices.cloud_run.request_based
        return by_request.tier_1 if first else by_request.tier_2
    by_instance = prices.cloud_run.instance_based
    return by_instance.tier_1 if first else by_instance.tier_2


def is_tier_1(region: str, regions: Regions) -> bool:
    """Tell whether a region has the lower price; raises ConfigError for one without a price."""
    if region in regions.tier_1:
        return True
    if region in regions.tier_2:
        return False
    raise ConfigError(
        f"No price is known for the region {region or '(none)'}.",
        hint=f"Regions with the lower price: {', '.join(regions.tier_1)}.",
    )


def has_free_egress(region: str, regions: Regions) -> bool:
    """Tell whether traffic from the region to the Internet has a free part."""
    return region.startswith(regions.north_america)
