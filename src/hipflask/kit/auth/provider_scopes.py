"""What a provider must be asked for besides what Auth asks for by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Of Azure, Auth asks for ``openid`` alone (GoTrue, internal/api/provider/azure.go). Without an
#: e-mail address nobody can be signed in, so that each sign-in would fail.
_MORE: Final[Mapping[str, str]] = {"azure": "email"}


def more_scopes(provider: str) -> dict[str, str]:
    """Return the parameter ``scopes`` of ``/authorize`` for this provider, or nothing."""
    scopes = _MORE.get(provider)
    return {"scopes": scopes} if scopes else {}
