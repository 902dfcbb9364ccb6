"""What Google charges around Cloud Run: images, builds, secrets, logs, traffic, scheduled jobs."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from hipflask.cloudrun.cost.line import Growth, Line
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.rates import has_free_egress
from hipflask.cloudrun.cost.use import InstanceUse
from hipflask.cloudrun.prices import Prices
from hipflask.cloudrun.spec import ServiceSpec

GIB: Final = Decimal(2**30)
_ZERO: Final = Decimal(0)


def neighbour_lines(
    profile: TrafficProfile, use: InstanceUse, spec: ServiceSpec, prices: Prices
) -> list[Line]:
    """Return a line for each of Google's services that the app uses beside Cloud Run."""
    share = profile.free_share
    images, builds = prices.artifact_registry, prices.cloud_build
    logs, jobs = prices.logging, prices.scheduler
    lines = [
        _egress(profile, use, spec, prices),
        Line(
            code="artifact_registry.storage",
            service="Artifact Registry",
            item="Images",
            unit="GiB",
            used=profile.images_kept * profile.image_size / GIB,
            price=images.gib_month,
            free=images.free_gib_months * share,
        ),
        Line(
            code="cloud_build.minutes",
            service="Cloud Build",
            item="Build time",
            unit="min",
            used=profile.builds * profile.build_minutes,
            price=builds.minute,
            free=builds.free_minutes * share,
        ),
        *_secrets(use, spec, prices, share),
        Line(
            code="logging.ingested",
            service="Logging",
            item="Log lines",
            unit="GiB",
            used=use.served * profile.log_size / GIB,
            price=logs.gib,
            free=logs.free_gib,
            growth=Growth.LINEAR,
        ),
    ]
    if profile.jobs:
        lines.append(
            Line(
                code="scheduler.jobs",
                service="Scheduler",
                item="Jobs",
                unit="jobs",
                used=profile.jobs,
                price=jobs.job_month,
                free=jobs.free_jobs * share,
            )
        )
    return lines


def _egress(profile: TrafficProfile, use: InstanceUse, spec: ServiceSpec, prices: Prices) -> Line:
    free = prices.egress.free_gib * profile.free_share
    return Line(
        code="egress.internet",
        service="Network",
        item="Traffic to browsers",
        unit="GiB",
        used=use.served * profile.response_size / GIB,
        price=prices.egress.gib,
        free=free if has_free_egress(spec.region, prices.cloud_run.regions) else _ZERO,
        growth=Growth.LINEAR,
    )


def _secrets(
    use: InstanceUse, spec: ServiceSpec, prices: Prices, free_share: Decimal
) -> list[Line]:
    """Count one active version of each secret; each start of an instance reads them all."""
    secrets = len({secret.name for secret in spec.secrets.values()})
    if not secrets:
        return []
    listed = prices.secret_manager
    return [
        Line(
            code="secret_manager.versions",
            service="Secret Manager",
            item="Active versions",
            unit="versions",
            used=Decimal(secrets),
            price=listed.version_month,
            free=listed.free_versions * free_share,
        ),
        Line(
            code="secret_manager.accesses",
            service="Secret Manager",
            item="Reads",
            unit="reads",
            used=len(spec.secrets) * use.starts,
            price=listed.ten_thousand_accesses / 10_000,
            free=listed.free_accesses * free_share,
            growth=Growth.MODELLED,
        ),
    ]
