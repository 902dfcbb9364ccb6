"""A spec with nothing to object to, and the shape of a test case about one rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hipflask.cloudrun.finding import Finding
from hipflask.cloudrun.quantities import Cpu, Memory
from hipflask.cloudrun.spec import DatabaseSpec, Probe, SecretRef, ServiceSpec
from hipflask.cloudrun.validate import Context, validate

GOOD = ServiceSpec(
    project="corner-shop-1234",
    name="corner-shop",
    cpu=Cpu(1000),
    memory=Memory.mebi(512),
    concurrency=16,
    threads=16,
    max_instances=3,
    public=True,
    environment={
        "SITE_URL": "https://shop.example.com",
        "SUPABASE_URL": "https://abcdefghijklmnopqrst.supabase.co",
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_abcdefghijklmnopqrstuv_abcdefgh",
    },
    secrets={
        "SECRET_KEY": SecretRef("corner-shop-secret-key"),
        "DATABASE_URL": SecretRef("corner-shop-database-url"),
    },
    labels={"app": "corner-shop"},
    startup_probe=Probe(path="/healthz"),
)
NOTHING_KNOWN = Context()
PASSWORD = "correct-horse-battery"
POOLER = "aws-0-us-west-1.pooler.supabase.com"


def spec(**changes: Any) -> ServiceSpec:
    """Return the good spec with some fields changed; ``database_…`` change the database's."""
    of_database = {
        name.removeprefix("database_"): value
        for name, value in changes.items()
        if name.startswith("database_")
    }
    plain = {name: value for name, value in changes.items() if not name.startswith("database_")}
    return replace(GOOD, **plain, database=replace(DatabaseSpec(), **of_database))


def with_variables(**variables: str) -> ServiceSpec:
    """Return the good spec with further environment variables."""
    return replace(GOOD, environment={**GOOD.environment, **variables})


def with_secrets(**references: str) -> ServiceSpec:
    """Return the good spec with further secrets, written as in the file."""
    read = {name: SecretRef.parse(text) for name, text in references.items()}
    return replace(GOOD, secrets={**GOOD.secrets, **read})


def at(address: str) -> Context:
    """Return the context in which DATABASE_URL is the address, ``//`` and a password added."""
    user, _, rest = address.partition("@")
    return Context(database_url=f"postgresql://{user}:{PASSWORD}@{rest}")


def codes(given: ServiceSpec, context: Context = NOTHING_KNOWN) -> list[str]:
    """Return the codes of what is found."""
    return [finding.code for finding in validate(given, context)]


@dataclass(frozen=True)
class Case:
    """A rule, a spec that breaks it, and the nearest one that does not."""

    code: str
    refused: ServiceSpec
    accepted: ServiceSpec
    context: Context = NOTHING_KNOWN
    accepted_context: Context | None = None

    def __str__(self) -> str:
        return self.code

    @property
    def finding(self) -> Finding:
        """What the rule says about the refused spec."""
        found = validate(self.refused, self.context)
        return next(finding for finding in found if finding.code == self.code)
