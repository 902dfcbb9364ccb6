"""Asks Google about a project piece by piece: what is refused does not hide the rest."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from hipflask.cloudrun.command import gcloud as command
from hipflask.cloudrun.doctor.facts import Cause, Google, Roles, Unseen
from hipflask.cloudrun.gcloud import Gcloud
from hipflask.cloudrun.observe.project import Questions, find_project_number, list_revisions
from hipflask.cloudrun.plan.supplies import APIS
from hipflask.cloudrun.service import RevisionSettings, Service
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.errors import CommandFailed, ToolMissing

_CAUSES: Final = (
    (
        Cause.SIGNED_OUT,
        (
            r"do not currently have an active account|no credentialed accounts|UNAUTHENTICATED"
            r"|Reauthentication|invalid_grant|Unable to read file"
        ),
    ),
    (Cause.UNREACHABLE, r"gcloud crashed|getaddrinfo failed|Max retries exceeded"),
    (Cause.DENIED, r"PERMISSION_DENIED|does not have permission|Permission .* denied"),
)
_Answer = TypeVar("_Answer")


def find_google(
    spec: ServiceSpec, gcloud: Gcloud, *, values: Mapping[str, str], account: str
) -> Google | Unseen:
    """Return what is in place. ``values`` are the secrets at hand, by variable."""
    if not spec.project or not spec.name:
        return Unseen("Google Cloud: hipflask.toml does not say cloud.project and service.name")
    try:
        number = find_project_number(spec, gcloud)
    except ToolMissing:
        return Unseen("Google Cloud: gcloud is missing")
    except CommandFailed as error:
        return _no_way(error)
    apis = _asked(partial(_enabled, spec, gcloud))
    asking = Questions(spec, gcloud, frozenset(APIS) if isinstance(apis, Unseen) else apis)
    with gcloud.at_once() as pool:
        service = pool.submit(partial(_asked, asking.service))
        invokers = pool.submit(partial(_asked, asking.invokers))
        has_account = pool.submit(partial(_asked, asking.has_account))
        roles = pool.submit(partial(_roles, spec, gcloud, account))
        secrets = {
            reference.name: pool.submit(
                partial(_asked, partial(asking.secret, reference.name, values.get(variable)))
            )
            for variable, reference in spec.secrets.items()
        }
        found = service.result()
        return Google(
            number=number,
            apis=apis,
            has_account=has_account.result(),
            service=found,
            serving=_serving(spec, gcloud, found) if isinstance(found, Service) else None,
            invokers=invokers.result(),
            secrets={name: future.result() for name, future in secrets.items()},
            roles=roles.result(),
            given=frozenset(values),
        )


def _asked(question: Callable[[], _Answer]) -> _Answer | Unseen:
    """Return the answer, or why there is none."""
    try:
        return question()
    except CommandFailed as error:
        return Unseen(error.message, _cause_of(error), error.hint)


def _no_way(error: CommandFailed) -> Unseen:
    """Return why the project itself could not be asked for."""
    cause = _cause_of(error)
    if "SERVICE_DISABLED" in error.output:
        cause = Cause.FAILED  # the API by which one asks for a project; gcloud says how it goes on
    elif cause is Cause.DENIED or "NOT_FOUND" in error.output:
        cause = Cause.NO_PROJECT
    return Unseen(error.message, cause, error.hint)


def _cause_of(error: CommandFailed) -> Cause:
    return next((cause for cause, words in _CAUSES if re.search(words, error.output)), Cause.FAILED)


def _enabled(spec: ServiceSpec, gcloud: Gcloud) -> frozenset[str]:
    listed = gcloud.ask(command("services", "list", enabled=True, project=spec.project)) or []
    return frozenset(str(each["config"]["name"]) for each in listed)


def _serving(spec: ServiceSpec, gcloud: Gcloud, service: Service) -> RevisionSettings | None:
    """Return the revision that visitors get; the service itself tells of its newest only."""
    if service.serving in ("", service.latest_created):
        return service.template if service.serving else None
    revisions = _asked(partial(list_revisions, spec, gcloud))
    if isinstance(revisions, Unseen):
        return None
    return next((each for each in revisions if each.name == service.serving), None)


def _roles(spec: ServiceSpec, gcloud: Gcloud, account: str) -> Roles | Unseen:
    if not account:
        return Unseen(
            "the roles of the account: gcloud does not say whose sign-in it uses (a token or key"
            " from a file, or Google's own machine)"
        )
    policy = _asked(lambda: gcloud.ask(command("projects", "get-iam-policy", spec.project)))
    if isinstance(policy, Unseen):
        return Unseen(
            "the roles of the account: it may not read the policy of the project"
            if policy.cause is Cause.DENIED
            else f"the roles of the account: {policy.reason}"
        )
    return roles_in(policy or {}, account)


def roles_in(policy: Mapping[str, Any], account: str) -> Roles:
    """Return the roles that a policy gives an account, and those that it gives groups."""
    own, of_groups = set(), set()
    for binding in policy.get("bindings") or []:
        members = [str(member) for member in binding.get("members") or []]
        if any(member.partition(":")[2].lower() == account.lower() for member in members):
            own.add(str(binding["role"]))
        if any(member.startswith(("group:", "domain:", "principalSet:")) for member in members):
            of_groups.add(str(binding["role"]))
    return Roles(frozenset(own), frozenset(of_groups))
