"""The database roles of a Supabase project, as data."""

from __future__ import annotations

from typing import Final

ANON: Final = "anon"
AUTHENTICATED: Final = "authenticated"
SERVICE_ROLE: Final = "service_role"

API_ROLES: Final = frozenset({ANON, AUTHENTICATED, SERVICE_ROLE})
"""Roles that a request through the API may take (Supabase's own defaults)."""

AUDIENCE: Final = "authenticated"
"""The ``aud`` that GoTrue writes into a user's token (conf/configuration.go, ``JWT.Aud``)."""
