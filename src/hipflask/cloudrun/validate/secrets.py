"""Rules of secrets: none in plain text, and references that Secret Manager understands.

No message shows a value that could be a secret: findings end up in logs and in screenshots.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import sources
from hipflask.protocol import api_keys

# By what a name says, between separators: MONKEY_HOUSE and KEYBOARD are none.
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:SECRET|PASSWORD|PASSWD|PASSPHRASE|TOKEN|CREDENTIALS?|PRIVATE_KEY|API_KEY|APIKEY"
    r"|SERVICE_ROLE|SECRET_KEY|DSN)(?:_|$)|^DATABASE_URL$"
)
# What such a name is followed by when it holds no secret itself.
_HARMLESS = re.compile(
    r"(?:PUBLISHABLE|ANON|PUBLIC)|_(?:NAME|ID|FILE|PATH|URL|URI|TTL|EXPIRY|LENGTH|ISSUER|HOST)$"
)
# How Stripe, GitHub, Slack, Amazon and SendGrid begin the keys that are theirs to keep.
_KNOWN_KEY = re.compile(
    r"(?:[sr]k_(?:live|test)_|whsec_|gh[pousr]_|github_pat_|xox[abprs]-|AKIA|SG\.)[\w.-]{8,}"
)
_PRIVATE_KEY: Final = "-----BEGIN "
_REFERENCE = re.compile(r"(?:projects/[a-z0-9.:-]+/secrets/)?[A-Za-z0-9_-]{1,255}")
_VERSION = re.compile(r"latest|[1-9][0-9]{0,8}")


def check_plain(spec: ServiceSpec) -> Iterator[Finding]:
    """A plain variable can be read by everybody who may look at the project."""
    for name, value in spec.environment.items():
        reason = secret_reason(name, value)
        if reason:
            yield Finding(
                "secret-in-plain",
                Severity.ERROR,
                f"service.environment.{name}",
                f"{name} stands in [service.environment], but {reason}.",
                "hipflask.toml is usually committed, and everybody who may look at the project in"
                " Google's console reads plain variables.",
                f'Take it out and add {name} = "{_suggested(spec, name)}" under [service.secrets];'
                " change the secret if the file was ever committed.",
                source=sources.ENVIRONMENT,
            )


def secret_reason(name: str, value: str) -> str:
    """Return why a variable is taken for a secret, or an empty text."""
    if not value.strip():
        return ""
    if api_keys.kind(value).is_privileged:
        return "its value is a Supabase key that bypasses row-level security"
    if _KNOWN_KEY.fullmatch(value.strip()):
        return "its value is the secret key of another service"
    if _PRIVATE_KEY in value and "PRIVATE KEY" in value:
        return "its value is a private key"
    if _has_password(value):
        return "its value is an address with a password in it"
    harmless = _HARMLESS.search(name) and name != "DATABASE_URL"
    if _SECRET_NAME.search(name) and not harmless:
        return "its name says that it is secret"
    return ""


def check_references(spec: ServiceSpec) -> Iterator[Finding]:
    """A reference is a name and a version; the secret itself does not belong here."""
    for name, reference in spec.secrets.items():
        if _REFERENCE.fullmatch(reference.name) and _VERSION.fullmatch(reference.version):
            continue
        good_name = _REFERENCE.fullmatch(reference.name)
        yield Finding(
            "secret-name",
            Severity.ERROR,
            f"service.secrets.{name}",
            f"{name} names no {'version of a secret' if good_name else 'secret'} in Secret"
            " Manager.",
            "Here stands where the secret is kept, not the secret. A name has letters, digits, _"
            " and -; a version is a number or latest.",
            f'Write {name} = "{_suggested(spec, name)}", or with a version'
            f' "{_suggested(spec, name)}:1".',
            source=sources.SECRETS,
        )


def _suggested(spec: ServiceSpec, variable: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", variable.lower()).strip("-")
    return f"{spec.name}-{plain}" if spec.name else plain


def _has_password(value: str) -> bool:
    try:
        return "://" in value and bool(urlsplit(value.strip()).password)
    except ValueError:
        return False


RULES: Final = (check_plain, check_references)
