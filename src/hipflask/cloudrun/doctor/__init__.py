"""The doctor: compares code, config.toml, the Supabase project and the service. Pure.

A rule is a function from the facts to what there is to say: words for what is in order, findings,
and what could not be looked at. A file holds the rules of one noun. The facts come from
``cloudrun/observe_….py`` and, where the embedded stack's own code is of use, from ``cli/cloud/``.
"""

from __future__ import annotations

from typing import Final

from hipflask.cloudrun.doctor import (
    access,
    code,
    database,
    files,
    mails,
    permissions,
    redirects,
    secrets,
    service,
    supabase,
    tokens,
    tools,
)
from hipflask.cloudrun.doctor.facts import Facts
from hipflask.cloudrun.doctor.report import Report, Section, report_of

__all__ = ["Facts", "Report", "Section", "examine"]

_RULES: Final = {
    Section.TOOLS: tools.RULES,
    Section.FILES: files.RULES,
    Section.GOOGLE: (*access.RULES, *permissions.RULES, *secrets.RULES),
    Section.SERVICE: (*service.RULES, *code.RULES),
    Section.SUPABASE: (*supabase.RULES, *redirects.RULES, *tokens.RULES, *mails.RULES),
    Section.DATABASE: database.RULES,
}


def examine(facts: Facts) -> Report:
    """Ask every rule and return what they say."""
    return report_of((section, rule(facts)) for section, rules in _RULES.items() for rule in rules)
