"""Rules of where links in mails lead back to. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from hipflask.cloudrun.doctor.facts import Facts, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity

_WHERE: Final = "in the dashboard: Authentication, URL Configuration"
_SITE_URL: Final = "service.environment.SITE_URL"


def check_allowed(facts: Facts) -> Iterator[Said]:
    """Every address that a mail's link may name is allowed."""
    if isinstance(facts.supabase, Unseen):
        return
    asked = facts.supabase.redirects
    if isinstance(asked, Unseen):
        yield asked
        return
    refused = [url for url, is_allowed in asked.items() if not is_allowed]
    if not refused:
        yield f"links may lead back to {facts.site_url}"
        return
    yield Symptom(
        "redirect-refused",
        Severity.ERROR,
        _SITE_URL,
        f"Supabase does not let a link lead to {', '.join(refused)}.",
        "It replaces such an address silently by the project's Site URL"
        f"{f' ({facts.supabase.site_url})' if facts.supabase.site_url else ''}: people who confirm"
        " their e-mail or reset a password end up there.",
        f"Add {facts.site_url}/** to the Redirect URLs {_WHERE}. Not without the /**: the"
        " application adds a query to the address.",
    )


def check_any(facts: Facts) -> Iterator[Said]:
    """A site that nobody owns is not allowed."""
    if not isinstance(facts.supabase, Unseen) and facts.supabase.any_site:
        yield Symptom(
            "redirect-any",
            Severity.WARNING,
            "",
            "Supabase lets a link lead to any site.",
            "Somebody could ask for a mail to another person whose link hands that person's session"
            " to a site of theirs.",
            f"Take the pattern that matches everything out of the Redirect URLs {_WHERE}.",
        )


def check_site_url(facts: Facts) -> Iterator[Said]:
    """The project's own Site URL is the application."""
    if isinstance(facts.supabase, Unseen) or not facts.supabase.site_url or not facts.site_url:
        return
    there = facts.supabase.site_url
    if _origin(there) == _origin(facts.site_url):
        yield "the project's Site URL is the application's"
        return
    yield Symptom(
        "supabase-site-url",
        Severity.WARNING,
        _SITE_URL,
        f"The Site URL of the Supabase project is {there}, the application's is {facts.site_url}.",
        "Mail templates begin their links with it ({{ .SiteURL }}), and every address that is not"
        " allowed is replaced by it.",
        f"Set the Site URL to {facts.site_url} {_WHERE}.",
    )


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme.lower(), parts.netloc.lower()


RULES: Final = (check_allowed, check_any, check_site_url)
