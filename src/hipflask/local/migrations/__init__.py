"""SQL migrations of a project, read and recorded exactly as the Supabase CLI does.

Works on any database reachable by URL: the embedded one, another server, a hosted project.
"""

from __future__ import annotations

from hipflask.local.migrations.apply import Applied, apply
from hipflask.local.migrations.files import MigrationFile, list_files, new_file
from hipflask.local.migrations.reset import reset
from hipflask.local.migrations.seeds import SeedFile, find_seeds
from hipflask.local.migrations.status import MigrationStatus, status

__all__ = [
    "Applied",
    "MigrationFile",
    "MigrationStatus",
    "SeedFile",
    "apply",
    "find_seeds",
    "list_files",
    "new_file",
    "reset",
    "status",
]
