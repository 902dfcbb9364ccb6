"""Facts with nothing to object to, and the shape of a test case about one rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from hipflask.cloudrun.doctor import Facts, examine
from hipflask.cloudrun.doctor.facts import (
    AuthSettings,
    Code,
    Database,
    Google,
    LocalConfig,
    Roles,
    Supabase,
    Template,
    Tools,
)
from hipflask.cloudrun.doctor.mails import MAILS
from hipflask.cloudrun.finding import Finding
from hipflask.cloudrun.observed import ObservedSecret
from hipflask.cloudrun.plan.supplies import APIS
from hipflask.cloudrun.release import account_of, environment_of
from hipflask.cloudrun.roles import EVERYBODY
from hipflask.cloudrun.service import RevisionSettings, Service, Target
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import Context
from tests.cloudrun.specs import GOOD as SPEC
from tests.cloudrun.specs import PASSWORD, POOLER

HEAD = "c0ffee0123456789c0ffee0123456789c0ffee01"
NUMBER = 123456789012
SITE = "https://shop.example.com"
OWN = f"https://corner-shop-{NUMBER}.us-west1.run.app"
ACCOUNT = account_of(SPEC)
URL = f"postgresql://postgres.abcdefghijklmnopqrst:{PASSWORD}@{POOLER}:6543/postgres"
AUTH = AuthSettings(signup=True, confirmations=True, providers=frozenset({"email"}))


def revision(**changes: Any) -> RevisionSettings:
    """Return the revision that serves."""
    made = RevisionSettings(
        name="corner-shop-00001-c0ffee0",
        image=f"{SPEC.image_path}:{HEAD[:12]}",
        cpu="1",
        memory="512Mi",
        concurrency=16,
        timeout=SPEC.timeout.seconds,
        max_instances=3,
        min_instances=0,
        generation="",
        cpu_boost=True,
        cpu_throttled=True,
        port=8080,
        service_account=ACCOUNT,
        environment=environment_of(SPEC, NUMBER),
        secrets={name: f"{reference.name}:1" for name, reference in SPEC.secrets.items()},
        labels={"app": "corner-shop", "commit": HEAD[:12]},
        startup_probe={
            "httpGet": {"path": "/healthz", "port": 8080},
            "timeoutSeconds": SPEC.startup_probe.timeout.seconds if SPEC.startup_probe else 0,
            "periodSeconds": SPEC.startup_probe.period.seconds if SPEC.startup_probe else 0,
            "failureThreshold": 3,
        },
        liveness_probe=None,
        ready=True,
    )
    return replace(made, **changes)


def service(**changes: Any) -> Service:
    """Return the service, at its own address and at the shop's."""
    name = revision().name
    made = Service(
        name="corner-shop",
        url=OWN,
        urls=(OWN, SITE),
        generation=1,
        ingress="all",
        min_instances=0,
        labels={"app": "corner-shop", "managed-by": "hipflask"},
        template=revision(),
        targets=(Target(name, 100, is_latest=True),),
        latest_created=name,
        latest_ready=name,
        ready=True,
    )
    return replace(made, **changes)


SECRET = ObservedSecret(newest=1, usable=1, readers=frozenset({f"serviceAccount:{ACCOUNT}"}))
GOOGLE = Google(
    number=NUMBER,
    apis=frozenset(APIS),
    has_account=True,
    service=service(),
    serving=revision(),
    invokers=frozenset({EVERYBODY}),
    secrets={reference.name: SECRET for reference in SPEC.secrets.values()},
    roles=Roles(frozenset({"roles/owner"})),
)
CONFIG = LocalConfig(
    auth=AUTH,
    smtp_host="smtp.example.com",
    templates=dict.fromkeys(MAILS, Template.TOKEN_HASH),
)
SUPABASE = Supabase(
    version="v2.180.0",
    settings=AUTH,
    algorithms=frozenset({"ES256"}),
    redirects={f"{SITE}/auth/confirm": True},
    site_url=SITE,
)
DATABASE = Database(
    host=POOLER,
    version=17,
    user="postgres",
    roles=frozenset({"anon", "authenticated"}),
    max_connections=60,
)
GOOD = Facts(
    spec=SPEC,
    context=Context(database_url=URL),
    tools=Tools(gcloud="528.0.0", docker="28.2.2", docker_answers=True, git="2.39.5"),
    code=Code(HEAD, is_dirty=False, behind=0, beyond=0),
    config=CONFIG,
    google=GOOGLE,
    supabase=SUPABASE,
    database=DATABASE,
    site_url=SITE,
    account="ann@example.com",
)


def facts(**changes: Any) -> Facts:
    """Return the good facts with some changed: a mapping changes fields of one of them."""
    made = {
        name: replace(getattr(GOOD, name), **value) if isinstance(value, Mapping) else value
        for name, value in changes.items()
    }
    return replace(GOOD, **made)


def at_google(**changes: Any) -> Facts:
    """Return the good facts with another answer of Google's."""
    return facts(google=changes)


def running(settings: Mapping[str, Any] = MappingProxyType({}), **changes: Any) -> Facts:
    """Return the good facts with another service, and other settings that serve."""
    return at_google(service=service(**changes), serving=revision(**settings))


def with_spec(spec: ServiceSpec, **changes: Any) -> Facts:
    """Return the good facts about another spec."""
    return facts(spec=spec, **changes)


@dataclass(frozen=True)
class Case:
    """A rule, facts that it objects to, and the nearest ones that it does not object to."""

    code: str
    wrong: Facts
    right: Facts = GOOD

    def __str__(self) -> str:
        return self.code

    @property
    def finding(self) -> Finding:
        """What the rule says about the wrong facts."""
        return next(each for each in examine(self.wrong).findings if each.code == self.code)


def codes(given: Facts) -> set[str]:
    """Return the codes of what is found."""
    return {finding.code for finding in examine(given).findings}
