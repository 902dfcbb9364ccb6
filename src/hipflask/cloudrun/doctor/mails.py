"""Rules of the mails that Supabase sends. Pure.

No public endpoint tells a hosted project's mail server or templates: what is said here follows from
supabase/config.toml, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.doctor.facts import Facts, LocalConfig, Template, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.endpoint import is_loopback
from hipflask.cloudrun.finding import Severity

MAILS: Final = ("confirmation", "recovery", "magic_link", "email_change", "invite")
"""The mails that hold a link, as config.toml names their templates."""
_SAID: Final = "Concluded from supabase/config.toml; the project's own setting is not public."
_DASHBOARD: Final = "In the dashboard: Authentication, Emails, SMTP Settings; and in config.toml"


def check_smtp(facts: Facts) -> Iterator[Said]:
    """A mail server is set up."""
    if isinstance(facts.config, Unseen):
        yield Unseen("the mail server: supabase/config.toml is not known")
        return
    host = facts.config.smtp_host
    if not host:
        own = facts.spec.environment.get("SMTP_HOST", "")
        same = f" The application has one, {own}: give Supabase the same." if own else ""
        yield Symptom(
            "smtp-missing",
            Severity.WARNING,
            "",
            f"config.toml has no mail server ([auth.email.smtp]).{same}",
            "Supabase's built-in one sends 2 mails an hour, and only to members of the"
            f" organisation. {_SAID}",
            f"{_DASHBOARD}, [auth.email.smtp].",
        )
    elif is_loopback(host):
        yield Symptom(
            "smtp-local",
            Severity.WARNING,
            "",
            f"The mail server in config.toml is {host}, the machine itself.",
            f"A hosted project cannot reach it. {_SAID}",
            f"{_DASHBOARD}, [auth.email.smtp].",
        )
    else:
        yield f"mail goes out through {host}, by config.toml"


def check_templates(facts: Facts) -> Iterator[Said]:
    """Say how links lead back: by a hash that the application redeems, or through Supabase."""
    if isinstance(facts.config, Unseen):
        return
    through = [name for name in MAILS if mode_of(facts.config, name) is Template.CONFIRMATION_URL]
    if through:
        yield Symptom(
            "template-default",
            Severity.NOTE,
            "",
            f"These mails link through Supabase's /verify: {', '.join(through)}.",
            "A mail scanner that follows such a link uses it up; a button on a page of the"
            f" application would not be pressed. {_SAID}",
            "Let the templates link to the application with token_hash={{ .TokenHash }}, as"
            " supabase/templates of a new project does.",
        )
    else:
        yield "mails link to the application (token_hash mode), by supabase/templates"
    if not facts.config.smtp_host and len(through) < len(MAILS):
        yield Symptom(
            "template-locked",
            Severity.WARNING,
            "",
            "supabase/templates may not be what is sent.",
            "Without a mail server of its own, a free project that was made since June 2026 sends"
            " Supabase's templates, whose links go through /verify and are followed by scanners."
            f" The application takes them, too. {_SAID}",
            f"{_DASHBOARD}. Then copy the templates: Authentication, Emails, Templates.",
        )
    if not isinstance(facts.supabase, Unseen):
        yield Unseen("mail server and templates of the hosted project: no public endpoint tells")


def mode_of(config: LocalConfig, name: str) -> Template:
    """Return a mail's mode; Supabase's own template links through its ``/verify``."""
    return config.templates.get(name, Template.CONFIRMATION_URL)


RULES: Final = (check_smtp, check_templates)
