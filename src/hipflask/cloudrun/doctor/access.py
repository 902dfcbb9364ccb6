"""Rules of the way to Google: signed in, a project that may be seen, APIs that are on. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hipflask.cloudrun.doctor.facts import Cause, Facts, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity
from hipflask.cloudrun.plan.supplies import APIS, CLOUD_BUILD

UNSEEN_REST: Final = Unseen("everything else at Google: see above")


@dataclass(frozen=True, slots=True)
class _Told:
    """How a way that is closed is told."""

    code: str
    what: str
    why: str
    remedy: str


_CLOSED: Final[Mapping[Cause, _Told]] = MappingProxyType(
    {
        Cause.SIGNED_OUT: _Told(
            "google-signed-out",
            "gcloud is not signed in, or its sign-in has run out.",
            "Google answers nobody whom it does not know.",
            "Sign in: gcloud auth login",
        ),
        Cause.NO_PROJECT: _Told(
            "google-project",
            "There is no project {project}, or this account may not see it.",
            "Google gives the same answer to both, so that nobody can find out which projects"
            " there are.",
            "cloud.project is the id, not the title: `gcloud projects list` shows yours. Another"
            " account: gcloud auth login",
        ),
        Cause.UNREACHABLE: _Told(
            "google-unreachable",
            "gcloud does not reach Google: {reason}",
            "Without a way to Google nothing about the project can be said.",
            "Check the network. Behind a proxy set HTTPS_PROXY, and for gcloud proxy/type,"
            " proxy/address and proxy/port (`gcloud config set`).",
        ),
    }
)


def check_way(facts: Facts) -> Iterator[Said]:
    """Somebody is signed in who may see the project."""
    project, found = facts.spec.project, facts.google
    if not isinstance(found, Unseen):
        who = f", as {facts.account}" if facts.account else ""
        yield f"the project {project} (number {found.number}){who}"
    elif found.cause is Cause.NOT_ASKED:
        yield found
    elif told := _CLOSED.get(found.cause):
        yield Symptom(
            told.code,
            Severity.ERROR,
            "cloud.project" if found.cause is Cause.NO_PROJECT else "",
            told.what.format(project=project, reason=found.reason),
            told.why,
            told.remedy,
        )
        yield UNSEEN_REST
    else:
        yield Symptom(
            "google-refused",
            Severity.ERROR,
            "",
            found.reason,
            f"The first question about the project {project} was refused.",
            found.hint or "Do what gcloud says, and repeat: hipflask cloud doctor",
        )
        yield UNSEEN_REST


def check_apis(facts: Facts) -> Iterator[Said]:
    """A deploy needs them; it switches them on by itself."""
    if isinstance(facts.google, Unseen):
        return
    found, tools = facts.google.apis, facts.tools
    if isinstance(found, Unseen):
        yield found
        return
    builds_here = tools.buildah or (tools.docker and tools.docker_answers)
    wanted = APIS if builds_here else (*APIS, CLOUD_BUILD)
    missing = [api for api in wanted if api not in found]
    if not missing:
        yield f"all {len(wanted)} APIs that a deploy needs are on"
        return
    yield Symptom(
        "apis-off",
        Severity.WARNING,
        "",
        f"These APIs of Google's are off: {', '.join(missing)}.",
        "What an API that is off looks after cannot be used, nor looked at here.",
        "A deploy switches them on, or do it now: gcloud services enable"
        f" {' '.join(missing)} --project={facts.spec.project}",
    )


RULES: Final = (check_way, check_apis)
