"""Rules of environment variables: names, sizes, and what the application must have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from hipflask.cloudrun.endpoint import is_loopback
from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.managed_variables import MANAGED
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import sources
from hipflask.cloudrun.validate.context import Context

RESERVED: Final = frozenset({"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"})
LONGEST_VALUE: Final = 32768
MOST_VARIABLES: Final = 1000
# Addresses that the application calls or hands out; SMTP_HOST is a bare host.
_ADDRESSES: Final = ("SITE_URL", "SUPABASE_URL", "SMTP_HOST")
_SITES: Final = {
    "SITE_URL": "https://shop.example.com",
    "SUPABASE_URL": "https://abcdefghijklmnopqrst.supabase.co",
}


def check_names(spec: ServiceSpec) -> Iterator[Finding]:
    """No empty names, no ``=``, nothing under X_GOOGLE_."""
    for field, name in _names(spec):
        if name and "=" not in name and name.isprintable() and " " not in name:
            if not name.startswith("X_GOOGLE_"):
                continue
            why = "Names that begin with X_GOOGLE_ belong to Google."
        else:
            why = "A name has at least one character, and no = or blank."
        yield Finding(
            "variable-name",
            Severity.ERROR,
            field,
            f'"{name}" cannot be the name of an environment variable.',
            why,
            "Use capital letters, digits and _, beginning with a letter.",
            source=sources.ENVIRONMENT,
        )


def check_reserved(spec: ServiceSpec) -> Iterator[Finding]:
    """Cloud Run sets some variables itself."""
    for field, name in _names(spec):
        if name in RESERVED:
            port = " To listen on another port set service.port." if name == "PORT" else ""
            yield Finding(
                "variable-reserved",
                Severity.ERROR,
                field,
                f"{name} cannot be set: Cloud Run sets it.",
                "It tells the application where it runs and on which port it listens.",
                f"Take {name} out.{port}",
                "reserved env names were provided",
                sources.CONTRACT,
            )


def check_managed(spec: ServiceSpec) -> Iterator[Finding]:
    """Some variables follow from other settings of the file."""
    for field, name in _names(spec):
        if name in MANAGED:
            yield Finding(
                "variable-managed",
                Severity.ERROR,
                field,
                f"{name} cannot be set here: the deploy sets it from {MANAGED[name]}.",
                "With two values the checks of this file would be about the wrong one.",
                f"Take {name} out and set {MANAGED[name]}.",
                source=sources.SETTINGS,
            )


def check_twice(spec: ServiceSpec) -> Iterator[Finding]:
    """A name is either plain or secret."""
    for name in spec.environment.keys() & spec.secrets.keys():
        yield Finding(
            "variable-twice",
            Severity.ERROR,
            f"service.environment.{name}",
            f"{name} is both in [service.environment] and in [service.secrets].",
            "A variable has one value; gcloud refuses to change its kind.",
            f"Take {name} out of [service.environment].",
            source=sources.SECRETS,
        )


def check_sizes(spec: ServiceSpec) -> Iterator[Finding]:
    """32 KiB a value, 1000 variables."""
    for name, value in spec.environment.items():
        size = len(value.encode())
        if size > LONGEST_VALUE:
            yield Finding(
                "variable-size",
                Severity.ERROR,
                f"service.environment.{name}",
                f"The value of {name} has {size} bytes.",
                f"Cloud Run takes {LONGEST_VALUE}.",
                "Put it into a file of the image, which the application reads.",
                "length cannot exceed 32768",
                sources.ENVIRONMENT,
            )
    count = len(spec.environment) + len(spec.secrets)
    if count > MOST_VARIABLES:
        yield Finding(
            "variable-count",
            Severity.ERROR,
            "service.environment",
            f"There are {count} variables.",
            f"Cloud Run takes {MOST_VARIABLES}.",
            "Put settings that belong together into one file of the image.",
            source=sources.ENVIRONMENT,
        )


def check_addresses(spec: ServiceSpec) -> Iterator[Finding]:
    """What worked on the laptop by way of loopback leads nowhere from a container."""
    for name in _ADDRESSES:
        value = spec.environment.get(name, "")
        host = value if name == "SMTP_HOST" else _host(value)
        if host and is_loopback(host):
            yield Finding(
                "variable-local",
                Severity.ERROR,
                f"service.environment.{name}",
                f"{name} leads to {host}, which in the cloud is the container itself.",
                "The value comes from the laptop's stack.",
                f"Set {name} to the address that it has on the Internet.",
                source=sources.SETTINGS,
            )


def check_sites(spec: ServiceSpec) -> Iterator[Finding]:
    """An address of a site is https:// and a host, as ``hipflask.Settings`` wants it."""
    for name, example in _SITES.items():
        value = spec.environment.get(name, "").strip()
        if not value or is_loopback(_host(value)) or _is_origin(value):
            continue
        # What stands before an @ may be a password.
        shown = f'"{value[:80]}"' if "@" not in value else "set to something"
        dashboard = " The dashboard has another address than the project." * ("/dashboard" in value)
        yield Finding(
            "variable-address",
            Severity.ERROR,
            f"service.environment.{name}",
            f"{name} is {shown}, which is no address of a site.{dashboard}",
            "The application wants https:// and a host, nothing behind; else it does not start.",
            f'Set {name} = "{example}".',
            source=sources.SETTINGS,
        )


def check_missing(spec: ServiceSpec, context: Context) -> Iterator[Finding]:
    """The application names what it lacks and stops; better to hear it before the deploy."""
    filled = {name for name, value in spec.environment.items() if value.strip()}
    given = {*filled, *spec.secrets, *context.supplied}
    for names in context.needs:
        if not given & set(names):
            yield Finding(
                "variable-missing",
                Severity.ERROR,
                f"service.{'secrets' if _is_secret(names) else 'environment'}.{names[0]}",
                f"{' or '.join(names)} is missing.",
                "The application does not start without it, so the new revision would fail.",
                f'Add {names[0]} = "name-of-a-secret" under [service.secrets].'
                if _is_secret(names)
                else f'Add {names[0]} = "…" under [service.environment].',
                source=sources.SETTINGS,
            )


def _is_secret(names: tuple[str, ...]) -> bool:
    return names[0] in ("SECRET_KEY", "DATABASE_URL")


def _names(spec: ServiceSpec) -> Iterator[tuple[str, str]]:
    yield from ((f"service.environment.{name}", name) for name in spec.environment)
    yield from ((f"service.secrets.{name}", name) for name in spec.secrets)


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_whole = url.rstrip("/") == f"https://{parts.netloc}" and "@" not in url
    return is_whole and bool(parts.hostname)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


RULES: Final = (
    check_sites,
    check_names,
    check_reserved,
    check_managed,
    check_twice,
    check_sizes,
    check_addresses,
)
CONTEXT_RULES: Final = (check_missing,)
