"""Traps on the way out of the free tier: settings that cost although nobody visits."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from hipflask.cloudrun.cost.rates import price_per_active_second, price_per_idle_second
from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.prices import list_prices
from hipflask.cloudrun.regions import find_region
from hipflask.cloudrun.spec import Billing, ServiceSpec
from hipflask.cloudrun.validate import sources


def check_minimum(spec: ServiceSpec) -> Iterator[Finding]:
    """A minimum instance is paid for around the clock."""
    if spec.min_instances < 1 or find_region(spec.region) is None:
        return
    second = price_per_idle_second(spec) * spec.min_instances
    noun = "instance waits" if spec.min_instances == 1 else "instances wait"
    yield Finding(
        "cost-minimum-instances",
        Severity.WARNING,
        "service.min_instances",
        f"{spec.min_instances} {noun} around the clock: {_monthly(second)} a month without one"
        " request.",
        "With service.min_instances = 0 the first visitor after a quiet time waits for the start,"
        " and a service without visitors costs nothing.",
        "Set service.min_instances = 0, unless the wait matters more than the money.",
        source=f"{sources.MIN_INSTANCES}; {sources.PRICING}",
    )


def check_billing(spec: ServiceSpec) -> Iterator[Finding]:
    """Instance-based billing ends the scale to zero that costs nothing."""
    if spec.billing is Billing.REQUEST or find_region(spec.region) is None:
        return
    yield Finding(
        "cost-instance-billing",
        Severity.WARNING,
        "service.billing",
        "The whole life of each instance is paid for, not the time of its requests: up to"
        f" {_monthly(price_per_active_second(spec))} a month for one.",
        "A single visit starts an instance that may live 15 minutes. That pays only when instances"
        " are busy most of the time, or for work outside requests.",
        'Set service.billing = "request".',
        source=sources.PRICING,
    )


def check_tier(spec: ServiceSpec) -> Iterator[Finding]:
    """The free quota is worth a fixed amount of money, so a dear region uses it up sooner."""
    region = find_region(spec.region)
    if region is None or region.tier == 1:
        return
    prices = list_prices().cloud_run
    by_request, by_instance = prices.request_based, prices.instance_based
    if spec.billing is Billing.REQUEST:
        dearer = (by_request.tier_2.vcpu_second / by_request.tier_1.vcpu_second - 1) * 100
    else:
        dearer = (by_instance.tier_2.vcpu_second / by_instance.tier_1.vcpu_second - 1) * 100
    yield Finding(
        "cost-region-tier",
        Severity.NOTE,
        "cloud.region",
        f"{spec.region} costs {dearer:.0f} % more than regions of the first tier.",
        "The free quota is counted in first-tier prices, so it also ends sooner there.",
        "Choose a first-tier region near the visitors and the database, such as us-west1,"
        " europe-west1 or asia-northeast1, or leave it and pay for the distance.",
        source=sources.PRICING,
    )


def check_secrets(spec: ServiceSpec) -> Iterator[Finding]:
    """Secret Manager has a few versions free."""
    prices = list_prices().secret_manager
    used = len({reference.name for reference in spec.secrets.values()})
    if used <= prices.free_versions:
        return
    dear = (used - prices.free_versions) * prices.version_month
    yield Finding(
        "cost-secrets",
        Severity.NOTE,
        "service.secrets",
        f"{used} secrets are more than the {prices.free_versions} that are free:"
        f" {_dollars(dear)} a month.",
        "Each version that is not destroyed counts, for all services of the billing account.",
        "Keep what is no secret in [service.environment], and destroy old versions.",
        source=sources.SECRET_PRICING,
    )


def _monthly(per_second: Decimal) -> str:
    return _dollars(per_second * list_prices().cloud_run.metering.month_seconds)


def _dollars(amount: Decimal) -> str:
    return f"${amount:.2f}"


RULES: Final = (check_minimum, check_billing, check_tier, check_secrets)
