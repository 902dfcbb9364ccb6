"""The provider as the endpoints see it: where it answers, what it has given out."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import abort, current_app

from hipflask.local.identity.grants import Grants
from hipflask.protocol.clock import Clock

#: How names of `[auth.external.NAME]` look.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LABELS = {
    "azure": "Microsoft",
    "github": "GitHub",
    "gitlab": "GitLab",
    "linkedin": "LinkedIn",
    "linkedin_oidc": "LinkedIn",
    "slack_oidc": "Slack",
    "workos": "WorkOS",
}


@dataclass(frozen=True, slots=True)
class Provider:
    """All stood-in providers together: each is an issuer, ``base_url`` with its name."""

    base_url: str
    clock: Clock
    grants: Grants
    form_targets: tuple[str, ...] = ()
    pause: Callable[[float], None] = time.sleep

    def issuer(self, name: str) -> str:
        """Return the issuer that stands in for the provider ``name``."""
        return f"{self.base_url}/{name}"


def current() -> Provider:
    """Return the provider of the request."""
    provider: Provider = current_app.extensions["identity"]
    return provider


def known(name: str) -> str:
    """Return ``name`` when it can be a provider's; else answer 404."""
    if not _NAME.fullmatch(name):
        abort(404)
    return name


def label(name: str) -> str:
    """Return how people write a provider's name: GitHub, Google."""
    return _LABELS.get(name) or name.replace("_", " ").replace("-", " ").title()
