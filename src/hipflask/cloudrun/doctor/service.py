"""Rules of the service: does it serve, whom, and with which settings. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from hipflask.cloudrun.doctor.facts import Facts, Google, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.drift import differences_of
from hipflask.cloudrun.finding import Severity
from hipflask.cloudrun.roles import EVERYBODY
from hipflask.cloudrun.service import Service

_SHOWN: Final = 5


def service_in(facts: Facts) -> tuple[Google, Service] | None:
    """Return the service and what is around it; ``None`` where none was seen."""
    google = facts.google
    if isinstance(google, Unseen) or not isinstance(google.service, Service):
        return None
    return google, google.service


def check_there(facts: Facts) -> Iterator[Said]:
    """There is one, and it can take visitors."""
    if isinstance(facts.google, Unseen):
        yield Unseen("the service: see Google Cloud")
        return
    service = facts.google.service
    if isinstance(service, Unseen):
        yield Unseen(f"the service: {service.reason}")
    elif service is None:
        yield Symptom(
            "service-absent",
            Severity.NOTE,
            "service.name",
            f"There is no service {facts.spec.name} in {facts.spec.region} yet.",
            "Nothing was deployed under this name in this region.",
            "Make it: hipflask cloud deploy",
        )
    elif not service.latest_ready:
        yield Symptom(
            "service-down",
            Severity.ERROR,
            "",
            f"No revision of {service.name} can take visitors: {_why(service)}",
            "Every visitor gets an error of Google's.",
            "Its log says why: hipflask cloud logs. Then repeat: hipflask cloud deploy",
        )
    elif service.ready is False:
        yield Symptom(
            "revision-failed",
            Severity.WARNING,
            "",
            f"The newest revision, {service.latest_created}, did not start: {_why(service)}",
            f"Visitors still get {service.serving or 'nothing'}.",
            "Its log says why: hipflask cloud logs. Then repeat: hipflask cloud deploy",
        )
    else:
        yield f"{service.name} serves at {service.url}"


def check_public(facts: Facts) -> Iterator[Said]:
    """Everybody may visit, exactly if the file says so."""
    found = service_in(facts)
    if found is None or isinstance(found[0].invokers, Unseen):
        return
    is_public, spec = EVERYBODY in found[0].invokers, facts.spec
    where = f"--region={spec.region} --project={spec.project}"
    binding = f"{spec.name} --member={EVERYBODY} --role=roles/run.invoker {where}"
    if spec.public and not is_public:
        yield Symptom(
            "public-access-missing",
            Severity.ERROR,
            "service.public",
            "The public may not call the service, although service.public is true.",
            "Every visitor gets 403 from Google. gcloud deploys without an error where it may not"
            " set the permission: a policy of the organisation can forbid it.",
            f"Let them in: gcloud run services add-iam-policy-binding {binding}",
        )
    elif is_public and not spec.public:
        yield Symptom(
            "public-access-unwanted",
            Severity.WARNING,
            "service.public",
            "Everybody may call the service, although service.public is false.",
            "What it shows is open to the Internet.",
            f"Close it: gcloud run services remove-iam-policy-binding {binding}",
        )
    else:
        yield "everybody may visit it" if is_public else "only members with a role may call it"


def check_traffic(facts: Facts) -> Iterator[Said]:
    """Visitors get the newest revision that is ready."""
    found = service_in(facts)
    if found is None or not found[1].latest_ready:
        return
    traffic, newest = found[1].traffic, found[1].latest_ready
    if traffic.get(newest) == 100:
        yield f"all visitors get the newest revision, {newest}"
        return
    shares = ", ".join(f"{percent} % {name}" for name, percent in traffic.items()) or "none"
    yield Symptom(
        "traffic-elsewhere",
        Severity.WARNING,
        "",
        f"The newest revision that can serve is {newest}; the traffic is {shares}.",
        "After a canary, a rollback or a deploy that stopped, new revisions get visitors only when"
        " they are given to them.",
        f"Give them all: hipflask cloud traffic {newest}=100",
    )


def check_drift(facts: Facts) -> Iterator[Said]:
    """What runs has the settings of the file."""
    found = service_in(facts)
    if found is None or found[0].serving is None:
        return
    google, service = found
    assert google.serving is not None
    differing = differences_of(facts.spec, google.serving, service, google.number)
    if not differing:
        yield "its settings are the file's"
        return
    listed = "; ".join(f"{it.setting} {it.wanted} → {it.found}" for it in differing[:_SHOWN])
    more = f"; and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
    yield Symptom(
        "service-differs",
        Severity.WARNING,
        differing[0].setting,
        f"The service differs from the file (there → what runs): {listed}{more}.",
        "Either the file was changed since the last deploy, or the service in the console.",
        "Bring the file's settings: hipflask cloud update. All of them: hipflask cloud describe",
    )


def check_site_url(facts: Facts) -> Iterator[Said]:
    """The address that the application believes in is one at which it is reached."""
    found = service_in(facts)
    if found is None or not facts.site_url:
        return
    host = urlsplit(facts.site_url).hostname
    if host in {urlsplit(url).hostname for url in found[1].urls}:
        yield "SITE_URL is its own address"
        return
    yield Symptom(
        "site-url-elsewhere",
        Severity.NOTE,
        "service.environment.SITE_URL",
        f"SITE_URL is {facts.site_url}, and the service's own address is {found[1].url}.",
        "Links in mails lead to SITE_URL. That is right where a domain or Firebase Hosting leads"
        " here; at its own address the application refuses visitors.",
        f"If nothing leads here from {host}, take SITE_URL out of the file: hipflask cloud update",
    )


def _why(service: Service) -> str:
    return service.why_not_ready or "Cloud Run does not say why."


RULES: Final = (check_there, check_public, check_traffic, check_drift, check_site_url)
