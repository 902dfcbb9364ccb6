"""Which project is under test: its settings, migrations and mail templates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hipflask.errors import ConfigError
from hipflask.local.config import ProjectConfig
from hipflask.local.project import Project


@dataclass(frozen=True)
class ProjectUnderTest:
    """A project's Supabase folder; without one, the Supabase CLI's defaults and no tables."""

    config: ProjectConfig
    supabase_folder: Path
    migrations: Path | None

    @classmethod
    def find(
        cls, start: Path, environ: Mapping[str, str], *, required: bool = False
    ) -> ProjectUnderTest:
        """Look for `supabase/config.toml` in ``start`` and above it.

        Raises ConfigError when the file is malformed, or when there is none but ``required``.
        """
        try:
            project = Project.find(start)
        except ConfigError:
            if required:
                raise
            return cls(ProjectConfig(), supabase_folder=start / "supabase", migrations=None)
        config = ProjectConfig.load(project.config_file, environ)
        return cls(config, project.supabase, project.migrations)
