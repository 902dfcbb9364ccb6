"""Rules of names: project, region, repository, service, image, account, labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.regions import find_region, nearest_regions
from hipflask.cloudrun.release import CANDIDATE
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import sources

# Google's pages say 49, an error text of the API 63: the shorter holds everywhere.
LONGEST_SERVICE: Final = 49
# A tag's address begins with tag and name: the server takes so many characters of both.
LONGEST_TAGGED: Final = 46
_HYPHENATED: Final = r"[a-z]([a-z0-9-]*[a-z0-9])?"
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_DOMAIN_PROJECT = re.compile(rf"[a-z0-9.-]+:{_HYPHENATED}")
_ACCOUNT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_ACCOUNT_ADDRESS = re.compile(r"[a-z0-9-]+@[a-z0-9.:-]+\.gserviceaccount\.com")
_IMAGE = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_MOST_LABELS: Final = 64
_MOST_OF_NAME: Final = LONGEST_TAGGED - len(CANDIDATE)


def check_project(spec: ServiceSpec) -> Iterator[Finding]:
    """A project is named by its id, not by its display name or number."""
    if not spec.project:
        yield Finding(
            "project-missing",
            Severity.ERROR,
            "cloud.project",
            "hipflask.toml names no Google Cloud project.",
            "Everything that is deployed belongs to a project, which is also where its bill goes.",
            'Set cloud.project = "…" to the project\'s id; `gcloud projects list` shows it.',
            source=sources.PROJECTS,
        )
    elif not _PROJECT.fullmatch(spec.project) and not _DOMAIN_PROJECT.fullmatch(spec.project):
        yield Finding(
            "project-name",
            Severity.ERROR,
            "cloud.project",
            f'"{spec.project}" cannot be the id of a Google Cloud project.',
            "An id has 6 to 30 lowercase letters, digits and hyphens, begins with a letter and"
            " does not end in a hyphen. It is not the project's title nor its number.",
            "Set cloud.project to the first column of `gcloud projects list`.",
            source=sources.PROJECTS,
        )


def check_region(spec: ServiceSpec) -> Iterator[Finding]:
    """The region must exist, or nothing can be priced nor deployed."""
    if find_region(spec.region):
        return
    nearest = nearest_regions(spec.region)
    meant = " or ".join(f'cloud.region = "{name}"' for name in nearest)
    yield Finding(
        "region-unknown",
        Severity.ERROR,
        "cloud.region",
        f'Cloud Run has no region "{spec.region}".',
        "gcloud would only say that the deployment endpoint was not found.",
        f"Set {meant}." if nearest else "`gcloud run regions list` shows all regions.",
        source=sources.PRICING,
    )


def check_service(spec: ServiceSpec) -> Iterator[Finding]:
    """The name becomes part of the service's address."""
    if re.fullmatch(_HYPHENATED, spec.name) and len(spec.name) <= LONGEST_SERVICE:
        return
    what = f'"{spec.name}" cannot be the name of a service.'
    yield Finding(
        "service-name",
        Severity.ERROR,
        "service.name",
        what if spec.name else "The service has no name.",
        f"A name has at most {LONGEST_SERVICE} lowercase letters, digits and hyphens, begins with"
        " a letter and does not end in a hyphen. It becomes part of the address.",
        f'Set service.name = "{_tidied(spec.name, _MOST_OF_NAME)}".',
        source=sources.NAMES,
    )


def check_tagged(spec: ServiceSpec) -> Iterator[Finding]:
    """The name must leave room for the tag under which a deploy tries a revision."""
    if not _MOST_OF_NAME < len(spec.name) <= LONGEST_SERVICE:
        return
    yield Finding(
        "service-name-long",
        Severity.ERROR,
        "service.name",
        f"The service's name has {len(spec.name)} characters; a deploy can have {_MOST_OF_NAME}.",
        f"A new revision is tried at an address that begins with {CANDIDATE}---{spec.name}, and"
        f" Cloud Run takes {LONGEST_TAGGED} characters for such a tag and the name together.",
        f'Set service.name = "{_tidied(spec.name, _MOST_OF_NAME)}".',
        "Combined traffic tag and service name cannot exceed 46 characters.",
        sources.TAGS,
    )


def _tidied(name: str, longest: int = LONGEST_SERVICE) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return re.sub(r"^[^a-z]+", "", plain)[:longest].strip("-") or "my-service"


def check_repository(spec: ServiceSpec) -> Iterator[Finding]:
    """Artifact Registry has its own rules, close to the service's."""
    if re.fullmatch(_HYPHENATED, spec.repository) and len(spec.repository) <= 63:
        return
    yield Finding(
        "repository-name",
        Severity.ERROR,
        "cloud.repository",
        f'"{spec.repository}" cannot be the name of a repository in Artifact Registry.',
        "A name has at most 63 lowercase letters, digits and hyphens, begins with a letter and"
        " does not end in a hyphen.",
        f'Set cloud.repository = "{_tidied(spec.repository)}".',
        source=sources.REPOSITORIES,
    )


def check_image(spec: ServiceSpec) -> Iterator[Finding]:
    """The image's name is a path without host and tag: those are added."""
    if not spec.image or (_IMAGE.fullmatch(spec.image) and len(spec.image) <= 128):
        return
    yield Finding(
        "image-name",
        Severity.ERROR,
        "service.image",
        f'"{spec.image}" cannot be the name of an image.',
        "A name has lowercase letters, digits, and . _ - between them. The host, project and"
        " repository before it and the tag after it are added by the deploy.",
        f"Leave service.image out; it is then the service's name, {_tidied(spec.name)}.",
        source=sources.NAMES,
    )


def check_account(spec: ServiceSpec) -> Iterator[Finding]:
    """A service account is a short name or its full address."""
    given = spec.service_account
    if not given or _ACCOUNT.fullmatch(given) or _ACCOUNT_ADDRESS.fullmatch(given):
        return
    yield Finding(
        "service-account-name",
        Severity.ERROR,
        "service.service_account",
        f'"{given}" is neither the name nor the address of a service account.',
        "A name has 6 to 30 lowercase letters, digits and hyphens; an address ends in"
        " .gserviceaccount.com. A person's address cannot run a service.",
        "Leave service.service_account out and the deploy makes one that may read this service's"
        " secrets and nothing else.",
        source=sources.ACCOUNTS,
    )


def check_labels(spec: ServiceSpec) -> Iterator[Finding]:
    """Labels split the bill; their form is narrow."""
    for key, value in spec.labels.items():
        if _LABEL_KEY.fullmatch(key) and _LABEL_VALUE.fullmatch(value):
            continue
        yield Finding(
            "label-name",
            Severity.ERROR,
            f"service.labels.{key}",
            f'"{key}" = "{value}" cannot be a label.',
            "Keys and values have at most 63 lowercase letters, digits, _ and -; a key begins with"
            " a letter.",
            f'Write {_tidied(key)} = "{_tidied(value)}".',
            source=sources.LABELS,
        )
    if len(spec.labels) > _MOST_LABELS:
        yield Finding(
            "label-name",
            Severity.ERROR,
            "service.labels",
            f"There are {len(spec.labels)} labels.",
            f"A service takes at most {_MOST_LABELS}.",
            "Keep those that split the bill.",
            source=sources.LABELS,
        )


RULES: Final = (
    check_project,
    check_region,
    check_service,
    check_tagged,
    check_repository,
    check_image,
    check_account,
    check_labels,
)
