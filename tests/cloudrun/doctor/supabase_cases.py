"""Cases of the Supabase project and its database."""

from __future__ import annotations

from dataclasses import replace

from hipflask.cloudrun.doctor.facts import Cause, Template, Unseen
from hipflask.cloudrun.doctor.mails import MAILS
from tests.cloudrun.doctor.good_facts import AUTH, SITE, SPEC, Case, facts, with_spec
from tests.cloudrun.specs import with_secrets

DEFAULT = dict.fromkeys(MAILS, Template.CONFIRMATION_URL)


def away(kind: Cause) -> Unseen:
    return Unseen("it does not answer", kind)


CASES = (
    Case(
        "supabase-paused",
        facts(supabase=away(Cause.PAUSED)),
        facts(supabase=away(Cause.UNREACHABLE)),
    ),
    Case("supabase-restricted", facts(supabase=away(Cause.RESTRICTED))),
    Case(
        "supabase-unreachable",
        facts(supabase=away(Cause.UNREACHABLE)),
        facts(supabase=Unseen("SUPABASE_URL is not set")),
    ),
    Case(
        "supabase-key",
        facts(supabase={"settings": Unseen("401 No such key", Cause.DENIED)}),
        facts(supabase={"settings": Unseen("429 Too many requests")}),
    ),
    Case(
        "supabase-differs",
        facts(supabase={"settings": replace(AUTH, providers=frozenset({"email", "google"}))}),
        facts(config={"auth": replace(AUTH, signup=False)}, supabase={"settings": Unseen("429")}),
    ),
    Case(
        "supabase-site-url",
        facts(supabase={"site_url": "http://localhost:3000"}),
        facts(supabase={"site_url": f"{SITE}/"}),
    ),
    Case(
        "redirect-refused",
        facts(
            supabase={"redirects": {f"{SITE}/auth/confirm": True, f"{SITE}/auth/callback": False}}
        ),
        facts(supabase={"redirects": Unseen("Supabase does not say")}),
    ),
    Case("redirect-any", facts(supabase={"site_url": "", "any_site": True})),
    Case(
        "jwt-symmetric",
        facts(supabase={"algorithms": frozenset()}),
        facts(supabase={"algorithms": frozenset({"RS256"})}),
    ),
    Case(
        "jwt-shared-secret",
        with_spec(
            with_secrets(SUPABASE_JWT_SECRET="jwt-secret"), supabase={"algorithms": frozenset()}
        ),
        facts(supabase={"algorithms": frozenset()}),
    ),
    Case(
        "jwt-algorithm",
        facts(supabase={"algorithms": frozenset({"ES256", "EdDSA"})}),
        facts(supabase={"algorithms": frozenset({"ES256", "RS256"})}),
    ),
    Case("smtp-missing", facts(config={"smtp_host": ""})),
    Case(
        "smtp-local",
        facts(config={"smtp_host": "127.0.0.1"}),
        facts(config={"smtp_host": "env(SMTP_HOST)"}),
    ),
    Case("template-default", facts(config={"templates": DEFAULT})),
    Case(
        "template-locked",
        facts(config={"smtp_host": ""}),
        facts(config={"smtp_host": "", "templates": DEFAULT}),
    ),
    Case(
        "database-unreachable",
        facts(database=Unseen("The database cannot be used: timeout.", Cause.UNREACHABLE)),
        facts(database=Unseen("DATABASE_URL is not known")),
    ),
    Case("rls-missing", facts(database={"exposed": ("public.coupons",)})),
    Case("migrations-pending", facts(database={"pending": ("20270101000000_coupons",)})),
    Case("migrations-unknown", facts(database={"unknown": ("20990101000000_elsewhere",)})),
    Case("database-version", facts(database={"version": 15}), facts(database={"version": 18})),
    Case("database-role", facts(database={"roles": frozenset({"anon"})})),
    Case(
        "compute-differs",
        facts(database={"max_connections": 90}),
        with_spec(
            replace(SPEC, database=replace(SPEC.database, compute="small")),
            database={"max_connections": 90},
        ),
    ),
)
