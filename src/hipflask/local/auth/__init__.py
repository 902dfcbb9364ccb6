"""Supabase Auth (GoTrue), embedded: its HTTP behaviour over its own tables.

Room's law: one endpoint, one file; a handler shows all its rules, rows live in modules named after
their table. Nothing here knows the gateway, the mailbox or the kit. The clock is the context's.
"""

from __future__ import annotations

from hipflask.local.auth.app import AuthApp
from hipflask.local.auth.context import AuthContext, open_pool

__all__ = ["AuthApp", "AuthContext", "open_pool"]
