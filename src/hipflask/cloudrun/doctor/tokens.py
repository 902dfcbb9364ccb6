"""Rules of how the project signs its access tokens. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.doctor.facts import Facts, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity

VERIFIED: Final = frozenset({"ES256", "RS256"})
"""What the application checks by itself (kit/auth/tokens.py)."""
_SECRET: Final = "SUPABASE_JWT_SECRET"
_MIGRATE: Final = (
    "In the dashboard: Project Settings, JWT Keys, migrate to the new signing keys, then rotate to"
    " an ECC (P-256) key, which is ES256."
)


def check_algorithm(facts: Facts) -> Iterator[Said]:
    """The application can check a token without asking anybody."""
    if isinstance(facts.supabase, Unseen):
        return
    found, spec = facts.supabase.algorithms, facts.spec
    if isinstance(found, Unseen):
        yield found
    elif foreign := sorted(found - VERIFIED):
        yield Symptom(
            "jwt-algorithm",
            Severity.ERROR,
            "",
            f"The project has a signing key for {', '.join(foreign)}.",
            "The application takes tokens that are signed with ES256, RS256 or HS256; of others"
            " it believes none, and nobody would be signed in.",
            _MIGRATE,
        )
    elif found:
        yield f"tokens are signed with {', '.join(sorted(found))}"
    elif _SECRET in spec.secrets or _SECRET in spec.environment:
        yield Symptom(
            "jwt-shared-secret",
            Severity.NOTE,
            "",
            "The project publishes no key, so its tokens are signed with HS256.",
            f"The application checks them with {_SECRET}. Whoever reads that secret can sign in as"
            " anybody.",
            _MIGRATE,
        )
    else:
        yield Symptom(
            "jwt-symmetric",
            Severity.WARNING,
            "",
            "The project publishes no key, so its tokens are signed with HS256.",
            "The application cannot check them by itself and asks Supabase about every token, again"
            " after a minute: slower pages, and none while Supabase is away.",
            _MIGRATE,
        )


RULES: Final = (check_algorithm,)
