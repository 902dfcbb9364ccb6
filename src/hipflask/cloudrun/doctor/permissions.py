"""Rules of what the developer's account may do in the project. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from hipflask.cloudrun.doctor.facts import Cause, Facts, Google, Roles, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity

_OWNER: Final = "roles/owner"
_EDITOR: Final = "roles/editor"
NEEDED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "roles/run.admin": frozenset({_OWNER}),
        "roles/secretmanager.admin": frozenset({_OWNER}),
        "roles/artifactregistry.admin": frozenset({_OWNER, _EDITOR}),
        "roles/iam.serviceAccountAdmin": frozenset({_OWNER, _EDITOR}),
        "roles/iam.serviceAccountUser": frozenset({_OWNER, _EDITOR}),
        "roles/serviceusage.serviceUsageAdmin": frozenset({_OWNER, _EDITOR}),
    }
)
"""Role that a deploy needs -> the basic roles that contain what the deploy takes of it.

Editors may not change who may call a service, nor read secrets
(cloud.google.com/iam/docs/roles-overview, "Basic roles").
"""


def check_denied(facts: Facts) -> Iterator[Said]:
    """Whoever may not look may not change either."""
    if isinstance(facts.google, Unseen):
        return
    for refused in dict.fromkeys(_refusals(facts.google)):
        if refused.cause is not Cause.DENIED:
            yield refused
            continue
        yield Symptom(
            "permission-missing",
            Severity.WARNING,
            "",
            refused.reason,
            "What may not be looked at is left out here, and a deploy would fail at it.",
            refused.hint or "Ask the project's owner for the permission that is named above.",
        )


def check_roles(facts: Facts) -> Iterator[Said]:
    """Each part of a deploy needs a role, by name or in a larger one."""
    if isinstance(facts.google, Unseen):
        return
    found, project = facts.google.roles, facts.spec.project
    if isinstance(found, Unseen):
        yield found
        return
    if own := sorted(role for role in found.own if not role.startswith("roles/")):
        yield Unseen(f"what the custom {_plural(own, 'role')} {', '.join(own)} contains")
        return
    missing = [role for role in NEEDED if not _has(found, role)]
    if not missing:
        yield "the account has every role that a deploy needs"
        return
    kind = "serviceAccount" if facts.account.endswith("gserviceaccount.com") else "user"
    commands = [
        f"gcloud projects add-iam-policy-binding {project} --member={kind}:{facts.account}"
        f" --role={role}"
        for role in missing
    ]
    yield Symptom(
        "role-missing",
        Severity.WARNING,
        "",
        f"The policy of {project} does not give {facts.account} {', '.join(missing)}.",
        "A deploy would fail at what they allow, unless the account has them from a folder or the"
        " organisation, which is not seen here.",
        "The project's owner gives them:\n" + "\n".join(commands),
    )


def _has(found: Roles, role: str) -> bool:
    return bool((found.own | found.of_groups) & (NEEDED[role] | {role}))


def _refusals(google: Google) -> Iterator[Unseen]:
    answers = (google.has_account, google.service, google.invokers, *google.secrets.values())
    for answer in answers:
        if isinstance(answer, Unseen):
            yield answer


def _plural(listed: list[str], noun: str) -> str:
    return noun if len(listed) == 1 else f"{noun}s"


RULES: Final = (check_denied, check_roles)
