"""Rules of Secret Manager, and of the account that reads it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.doctor.facts import Facts, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity
from hipflask.cloudrun.observed import ObservedSecret
from hipflask.cloudrun.plan.secrets import SECRET_KEY
from hipflask.cloudrun.release import account_of
from hipflask.cloudrun.roles import READER


def check_values(facts: Facts) -> Iterator[Said]:
    """Each secret has a value, there or here."""
    if isinstance(facts.google, Unseen):
        return
    usable = 0
    for variable, reference in facts.spec.secrets.items():
        secret = facts.google.secrets.get(reference.name)
        if isinstance(secret, Unseen):
            continue
        if secret is not None and secret.usable:
            usable += 1
            if secret.differs:
                yield _changed(variable, reference.name)
        elif variable not in facts.google.given and variable != SECRET_KEY:
            yield _missing(variable, reference.name)
    if usable:
        noun = "secret has" if usable == 1 else "secrets have"
        yield f"{usable} {noun} a value in Secret Manager"


def check_account(facts: Facts) -> Iterator[Said]:
    """The account of a service that runs is there and may read its secrets."""
    google = facts.google
    if isinstance(google, Unseen) or isinstance(google.service, Unseen) or not google.service:
        return  # the first deploy makes it
    address = account_of(facts.spec)
    if google.has_account is False and address.endswith(
        f"@{facts.spec.project}.iam.gserviceaccount.com"
    ):
        yield Symptom(
            "account-missing",
            Severity.ERROR,
            "service.service_account",
            f"There is no service account {address}.",
            "The service runs as it; new instances cannot start without.",
            "Make it again: hipflask cloud deploy",
        )
        return
    unread = [
        name
        for name, secret in google.secrets.items()
        if isinstance(secret, ObservedSecret) and f"serviceAccount:{address}" not in secret.readers
    ]
    for name in unread:
        yield Symptom(
            "secret-unreadable",
            Severity.ERROR,
            "",
            f"{address} may not read the secret {name}.",
            "An instance that starts reads its secrets; without the permission it does not start.",
            f"Let it: gcloud secrets add-iam-policy-binding {name} --role={READER}"
            f" --member=serviceAccount:{address} --project={facts.spec.project}",
        )
    if google.has_account is True and not unread:
        yield f"the service runs as {address}, which may read its secrets"


def _changed(variable: str, name: str) -> Symptom:
    return Symptom(
        "secret-changed",
        Severity.NOTE,
        f"service.secrets.{variable}",
        f"{variable} in .env.production is not what the secret {name} holds.",
        "The service goes on with the old value until the next deploy.",
        "Bring it: hipflask cloud update",
    )


def _missing(variable: str, name: str) -> Symptom:
    return Symptom(
        "secret-missing",
        Severity.ERROR,
        f"service.secrets.{variable}",
        f"The secret {name} has no value that can be read.",
        f"The application needs {variable}, and .env.production does not have it either.",
        f"Write {variable}=… into .env.production, which is not committed. A deploy makes the"
        " secret of it.",
    )


RULES: Final = (check_values, check_account)
