"""Which provider does a name mean: one of config.toml, or a custom one of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipflask.local.auth.external import catalogue, custom_providers

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.external.provider import Provider


def provider(call: Call, name: str, scopes: str = "") -> Provider:
    """Return the provider, or raise ProviderFailure with GoTrue's reason."""
    name = name.lower()
    if name.startswith(custom_providers.PREFIX):
        return custom_providers.make(call, name, scopes)
    return catalogue.make(call.context, name, scopes)
