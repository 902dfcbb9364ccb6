"""Rules of the Supabase project: is it there, and set up as config.toml says. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from hipflask.cloudrun.doctor.facts import AuthSettings, Cause, Facts, LocalConfig, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity

URL: Final = "service.environment.SUPABASE_URL"
KEY: Final = "service.environment.SUPABASE_PUBLISHABLE_KEY"
_CLOSED: Final[Mapping[Cause, tuple[str, str, str]]] = MappingProxyType(
    {
        Cause.PAUSED: (
            "supabase-paused",
            (
                "A free project is paused after a week without activity, and its name leaves DNS."
                " A project that was deleted, and a mistyped SUPABASE_URL, look the same."
            ),
            "Restore it: https://supabase.com/dashboard/projects. Paid projects are not paused.",
        ),
        Cause.RESTRICTED: (
            "supabase-restricted",
            "Supabase answers 402 where a quota is used up or a bill is open.",
            "See the organisation's usage and billing: https://supabase.com/dashboard/org/_/usage",
        ),
    }
)
_UNREACHABLE: Final = (
    "supabase-unreachable",
    "The application needs it for every sign-in.",
    (
        "Check SUPABASE_URL and the network. Its state: https://supabase.com/dashboard/projects and"
        " https://status.supabase.com"
    ),
)


def check_answers(facts: Facts) -> Iterator[Said]:
    """It answers at SUPABASE_URL."""
    address, found = facts.spec.environment.get("SUPABASE_URL", ""), facts.supabase
    if not isinstance(found, Unseen):
        yield f"{address} answers (Auth {found.version or 'of an unknown version'})"
    elif found.cause is Cause.NOT_ASKED:
        yield found
    else:
        code, why, remedy = _CLOSED.get(found.cause, _UNREACHABLE)
        yield Symptom(
            code, Severity.ERROR, URL, f"{address}: {found.reason.rstrip('.')}.", why, remedy
        )
        yield Unseen("everything else at Supabase: see above")


def check_key(facts: Facts) -> Iterator[Said]:
    """It takes the publishable key."""
    if isinstance(facts.supabase, Unseen):
        return
    settings = facts.supabase.settings
    if not isinstance(settings, Unseen):
        yield "it takes the publishable key"
    elif settings.cause is Cause.DENIED:
        yield Symptom(
            "supabase-key",
            Severity.ERROR,
            KEY,
            f"Supabase does not take the publishable key, and answers"
            f" {settings.reason.rstrip('.')}.",
            "It may belong to another project, or was deleted; nobody can sign in.",
            "Copy it anew: the project's Settings, API Keys. Then: hipflask cloud update",
        )
    else:
        yield settings


def check_settings(facts: Facts) -> Iterator[Said]:
    """What config.toml switches on is on there, and the other way round."""
    if isinstance(facts.supabase, Unseen) or isinstance(facts.config, Unseen):
        return
    there = facts.supabase.settings
    if isinstance(there, Unseen):
        return
    differing = list(_differences(facts.config, there))
    if not differing:
        yield "sign-up, confirmation and providers are as in config.toml"
        return
    yield Symptom(
        "supabase-differs",
        Severity.WARNING,
        "",
        f"Supabase differs from supabase/config.toml: {'; '.join(differing)}.",
        "config.toml steers this machine alone: what was tried here is not what happens there.",
        "Change it in the dashboard: Authentication, Sign In / Providers. (supabase config push"
        " would bring the site_url of this machine, too.)",
    )


def _differences(config: LocalConfig, there: AuthSettings) -> Iterator[str]:
    here = config.auth
    for name, wanted, found in (
        ("auth.enable_signup", here.signup, there.signup),
        ("auth.email.enable_confirmations", here.confirmations, there.confirmations),
    ):
        if wanted != found:
            yield f"{name} is {_word(wanted)}, there {_word(found)}"
    for provider in sorted(here.providers ^ there.providers):
        states = ("on", "off") if provider in here.providers else ("off", "on")
        yield f"sign-in by {provider} is {states[0]}, there {states[1]}"


def _word(value: bool) -> str:
    return str(value).lower()


RULES: Final = (check_answers, check_key, check_settings)
