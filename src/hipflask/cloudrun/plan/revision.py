"""Steps that bring a revision to visitors; the same for a new image and for new settings. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from hipflask.cloudrun.command import Command, gcloud
from hipflask.cloudrun.drift import differences
from hipflask.cloudrun.observed import Observed
from hipflask.cloudrun.plan.options import Options
from hipflask.cloudrun.release import CANDIDATE, PREVIOUS, Release
from hipflask.cloudrun.roles import EVERYBODY, INVOKER
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.step import Step, StepName
from hipflask.errors import DeployError

_MEMBERS: Final = "Only members with the invoker's role may visit it"
_SUFFIX: Final = re.compile(r"(--revision-suffix=)(\d+)(-.*)")


def release_steps(
    release: Release, observed: Observed, options: Options, *, word: str = "deploy"
) -> Iterator[Step]:
    """Yield the steps from a new revision to its visitors; ``word`` is deploy or update."""
    ready = _ready_candidate(release, observed)
    if ready:
        title = f"The revision {ready} is ready"
        yield Step(StepName.REVISION, title, in_place=True)
    else:
        yield _revision(release, observed, word)
    yield _access(release.spec, observed)
    if options.smoke:
        yield Step(StepName.SMOKE, f"Try it at the address of the tag {CANDIDATE}")
    yield _traffic(release.spec, ready or release.revision, observed, options.canary)
    yield Step(StepName.VERIFY, "Look at it as a visitor")


def _ready_candidate(release: Release, observed: Observed) -> str:
    """Return the revision of an earlier try that is just what is wanted; empty for none."""
    service = observed.service
    target = service.tagged(CANDIDATE) if service else None
    if service is None or target is None:
        return ""
    is_newest = target.revision == service.latest_created == service.latest_ready
    is_same = service.template.image == release.image
    if not is_newest or not is_same or differences(release, service.template, service):
        return ""
    return target.revision


def _revision(release: Release, observed: Observed, word: str) -> Step:
    spec, is_new = release.spec, observed.service is None
    is_first = not observed.has_ready_revision
    words = ("run", "deploy") if word == "deploy" else ("run", "services", "update")
    flags = [
        f"--image={release.image}",
        f"--region={spec.region}",
        f"--project={spec.project}",
        f"--revision-suffix={release.revision.removeprefix(f'{spec.name}-')}",
        f"--tag={CANDIDATE}",
        # gcloud would ask; and the step after this one decides it.
        *(("--no-allow-unauthenticated",) if is_new else ()),
        # The first revision has all traffic, and there is no old one to protect.
        *(() if is_first else ("--no-traffic",)),
        *release.flags(is_new=is_new),
    ]
    command = Command(("gcloud", *words, spec.name, *flags, "--format=json"))
    note = "the first one: nobody knows its address yet" if is_first else "no visitor gets it yet"
    return Step(StepName.REVISION, f"Start the revision {release.revision}", (command,), note=note)


def with_next_number(command: Command) -> Command:
    """Return the command for another try: a revision that failed keeps its name to itself."""

    def counted(word: str) -> str:
        match = _SUFFIX.fullmatch(word)
        return f"{match[1]}{int(match[2]) + 1:05d}{match[3]}" if match else word

    return Command(tuple(map(counted, command.argv)), command.stdin_of)


def _access(spec: ServiceSpec, observed: Observed) -> Step:
    if spec.public == observed.is_public and observed.service is not None:
        title = "Everybody may visit it" if spec.public else _MEMBERS
        return Step(StepName.ACCESS, title, in_place=True)
    if not spec.public and observed.service is None:
        return Step(StepName.ACCESS, _MEMBERS, in_place=True)
    verb = "add" if spec.public else "remove"
    command = gcloud(
        *("run", "services", f"{verb}-iam-policy-binding", spec.name),
        member=EVERYBODY,
        role=INVOKER,
        region=spec.region,
        project=spec.project,
    )
    title = "Let everybody visit it" if spec.public else "Let nobody visit it without permission"
    return Step(StepName.ACCESS, title, (command,))


def _traffic(spec: ServiceSpec, revision: str, observed: Observed, percent: int) -> Step:
    service = observed.service
    if service is None or not observed.has_ready_revision:
        title = "The first revision has all traffic"
        return Step(StepName.TRAFFIC, title, in_place=True)
    if service.traffic.get(revision) == percent:
        title = f"The revision has {percent} % of the traffic"
        return Step(StepName.TRAFFIC, title, in_place=True)
    if set(service.traffic) == {revision}:
        raise DeployError(
            f"The revision {revision} has all traffic already; nobody would get what it gives up.",
            hint=f"Name who does: hipflask cloud traffic {revision}={percent}"
            f" REVISION={100 - percent}",
        )
    share = "all traffic" if percent == 100 else f"{percent} % of the traffic"
    command = traffic_command(spec, {revision: percent}, previous=service.serving)
    return Step(
        StepName.TRAFFIC,
        f"Give the revision {share}",
        (command,),
        note=f"{service.serving} stays for a rollback" if service.serving else "",
    )


def traffic_command(spec: ServiceSpec, shares: Mapping[str, int], *, previous: str) -> Command:
    """Return the command that sets the traffic, and remembers who had it.

    gcloud takes what is missing to 100 % from the other revisions, in proportion.
    """
    words = ("run", "services", "update-traffic", spec.name)
    remember = previous if previous and previous not in shares else ""
    return gcloud(
        *words,
        to_revisions=",".join(f"{name}={percent}" for name, percent in shares.items()),
        update_tags=f"{PREVIOUS}={remember}" if remember else False,
        region=spec.region,
        project=spec.project,
    )
