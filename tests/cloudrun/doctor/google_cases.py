"""Cases of the tools, of Google and of the service."""

from __future__ import annotations

from dataclasses import replace

from hipflask.cloudrun.doctor.facts import Cause, Code, Roles, Unseen
from hipflask.cloudrun.plan.supplies import APIS, CLOUD_BUILD
from hipflask.cloudrun.service import Target
from tests.cloudrun.doctor.good_facts import (
    GOOGLE,
    HEAD,
    OWN,
    SECRET,
    SPEC,
    Case,
    at_google,
    facts,
    revision,
    running,
    with_spec,
)

NAME = revision().name
OLDER = "corner-shop-00000-old"
DATABASE_SECRET = SPEC.secrets["DATABASE_URL"].name
PRIVATE = replace(SPEC, public=False)


def cause(kind: Cause) -> Unseen:
    return Unseen("gcloud projects describe failed: some words.", kind)


CASES = (
    Case("gcloud-missing", facts(tools={"gcloud": ""})),
    Case(
        "builder-missing",
        facts(tools={"docker": ""}),
        facts(tools={"docker": "", "buildah": "1.28.2"}),
    ),
    Case(
        "builder-asleep",
        facts(tools={"docker_answers": False}),
        facts(tools={"docker": "", "docker_answers": False, "buildah": "1.28.2"}),
    ),
    Case("git-missing", facts(tools={"git": ""})),
    Case(
        "config-toml",
        facts(config=Unseen("config.toml, line 3: this is not valid TOML.", Cause.FAILED)),
        facts(config=Unseen("supabase/config.toml: there is no such file")),
    ),
    Case("files-uncommitted", facts(code={"is_dirty": True})),
    Case(
        "google-signed-out",
        facts(google=cause(Cause.SIGNED_OUT)),
        facts(google=cause(Cause.FAILED)),
    ),
    Case("google-unreachable", facts(google=cause(Cause.UNREACHABLE))),
    Case("google-refused", facts(google=cause(Cause.FAILED)), facts(google=Unseen("no gcloud"))),
    Case("google-project", facts(google=cause(Cause.NO_PROJECT))),
    Case(
        "apis-off",
        facts(tools={"docker": ""}),
        facts(tools={"docker": ""}, google={"apis": frozenset((*APIS, CLOUD_BUILD))}),
    ),
    Case(
        "permission-missing",
        at_google(invokers=Unseen("Permission run.services.getIamPolicy denied.", Cause.DENIED)),
        at_google(invokers=Unseen("Quota exceeded.", Cause.FAILED)),
    ),
    Case(
        "role-missing",
        at_google(roles=Roles(frozenset({"roles/editor"}))),
        at_google(
            roles=Roles(frozenset({"roles/editor", "roles/run.admin"}), frozenset({"roles/owner"}))
        ),
    ),
    Case(
        "secret-missing",
        at_google(secrets={**GOOGLE.secrets, DATABASE_SECRET: None}),
        at_google(
            secrets={**GOOGLE.secrets, DATABASE_SECRET: None}, given=frozenset({"DATABASE_URL"})
        ),
    ),
    Case(
        "secret-changed",
        at_google(secrets={**GOOGLE.secrets, DATABASE_SECRET: replace(SECRET, differs=True)}),
    ),
    Case(
        "account-missing", at_google(has_account=False), at_google(has_account=False, service=None)
    ),
    Case(
        "secret-unreadable",
        at_google(
            secrets={**GOOGLE.secrets, DATABASE_SECRET: replace(SECRET, readers=frozenset())}
        ),
    ),
    Case("service-absent", at_google(service=None, serving=None)),
    Case(
        "service-down",
        running(latest_ready="", ready=False, targets=(), why_not_ready="It did not listen."),
    ),
    Case(
        "revision-failed",
        running(latest_created="corner-shop-00002-new", ready=False, why_not_ready="It ended."),
    ),
    Case(
        "public-access-missing",
        at_google(invokers=frozenset({"user:ann@example.com"})),
    ),
    Case("public-access-unwanted", with_spec(PRIVATE), with_spec(PRIVATE, google={"invokers": ()})),
    Case(
        "traffic-elsewhere",
        running(targets=(Target(OLDER, 90), Target(NAME, 10))),
        running(targets=(Target(NAME, 60), Target(NAME, 40, is_latest=True))),
    ),
    Case("image-older", facts(code=Code(HEAD, False, behind=2, beyond=0))),
    Case(
        "image-other",
        facts(code=Code(HEAD, False, behind=2, beyond=1)),
        facts(code=Code(HEAD, False, behind=2, beyond=0)),
    ),
    Case(
        "image-uncommitted",
        running({"image": f"{SPEC.image_path}:{HEAD[:12]}-dirty-0123456789ab"}),
        running({"image": f"{SPEC.image_path}@sha256:0123456789ab"}),
    ),
    Case("service-differs", running({"memory": "1Gi"})),
    Case(
        "site-url-elsewhere",
        running(urls=(OWN,)),
        facts(
            site_url=OWN,
            supabase={"site_url": OWN},
            google={"service": replace(GOOGLE.service, urls=(OWN,))},  # type: ignore[type-var]
        ),
    ),
)
