"""What an estimate was made for: the profile and the service, in sentences and for machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from decimal import Decimal
from typing import Any

from hipflask.cloudrun.cost import amounts
from hipflask.cloudrun.cost.line import plain
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.spec import Billing, ServiceSpec


def service_words(spec: ServiceSpec) -> str:
    """Return the size of the service: ``1 vCPU, 512 MiB, 16 requests at once, …``."""
    billing = "request-based" if spec.billing is Billing.REQUEST else "instance-based"
    at_once = amounts.counted(Decimal(spec.effective_concurrency), "request")
    most = spec.effective_max_instances
    instances = f"{spec.min_instances} to {most} instances"
    if spec.min_instances == most:
        instances = amounts.counted(Decimal(most), "instance")
    memory = amounts.memory(spec.memory)
    return f"{spec.cpu.words}, {memory}, {at_once} at once, {instances}, {billing} billing"


def profile_sentences(profile: TrafficProfile) -> Iterator[str]:
    """Yield what is assumed of the traffic."""
    yield (
        f"Each request: {amounts.seconds(profile.cpu)} of CPU within"
        f" {amounts.seconds(profile.latency)}, {amounts.size(profile.response_size)} to the"
        f" browser, {amounts.size(profile.database_answer_size)} from the database,"
        f" {amounts.size(profile.log_size)} of logs."
    )
    peak = profile.curve.peak_to_mean
    if peak > 1:
        yield f"The busiest hour has {amounts.quantity(peak)} times the requests of the average."
    yield (
        f"In the month: {amounts.counted(profile.users, 'user')},"
        f" {amounts.size(profile.database_size)} of data, {amounts.size(profile.file_size)} of"
        f" files, {amounts.counted(profile.builds, 'build')} of"
        f" {amounts.counted(profile.build_minutes, 'minute')},"
        f" {amounts.counted(profile.images_kept, 'image')} of {amounts.size(profile.image_size)}."
    )


def profile_json(profile: TrafficProfile) -> dict[str, Any]:
    """Return the profile for machines; amounts are text, times seconds, sizes bytes."""
    made: dict[str, Any] = {}
    for field in fields(profile):
        value = getattr(profile, field.name)
        made[field.name] = plain(value) if isinstance(value, Decimal) else value
    made["curve"] = [plain(weight) for weight in profile.curve.weights]
    return made


def service_json(spec: ServiceSpec) -> dict[str, Any]:
    """Return what of the service bears on its price, by the names in hipflask.toml."""
    return {
        "name": spec.name,
        "region": spec.region,
        "cpu": f"{spec.cpu}",
        "memory": f"{spec.memory}",
        "concurrency": spec.effective_concurrency,
        "workers": spec.workers,
        "threads": spec.threads,
        "min_instances": spec.min_instances,
        "max_instances": spec.effective_max_instances,
        "cpu_boost": spec.cpu_boost,
        "billing": spec.billing.value,
    }
