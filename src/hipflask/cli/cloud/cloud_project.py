"""The project of the current folder as the cloud commands need it: its file, secrets, programs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hipflask.cloudrun.gcloud import Gcloud
from hipflask.cloudrun.programs import Programs, RealPrograms
from hipflask.cloudrun.run_command import CommandRunner
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.spec_file import SpecFile
from hipflask.cloudrun.spec_source import find_spec_file, load_spec
from hipflask.errors import ConfigError
from hipflask.local.config.dotenv import read_dotenv
from hipflask.local.project import Project

SECRETS_FILE = ".env.production"
SMOKE_EMAIL, SMOKE_PASSWORD = "SMOKE_EMAIL", "SMOKE_PASSWORD"


@dataclass(frozen=True)
class CloudProject:
    """A folder with ``hipflask.toml``, and what reaches Google from here."""

    root: Path
    file: SpecFile
    programs: Programs = field(default_factory=RealPrograms)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @classmethod
    def of_here(cls) -> CloudProject:
        """Return the project of the current folder. Raises ConfigError."""
        path = find_spec_file(Path.cwd())
        return cls(path.parent, load_spec(path))

    @property
    def spec(self) -> ServiceSpec:
        """What hipflask.toml says."""
        return self.file.spec

    @property
    def gcloud(self) -> Gcloud:
        """gcloud, with this process's environment."""
        return Gcloud(self.programs, self.environ)

    @property
    def runner(self) -> CommandRunner:
        """Runs commands in the project's folder."""
        return CommandRunner(self.programs, self.gcloud, self.root, self.environ)

    @property
    def migrations(self) -> Path:
        """The SQL files that belong to the database."""
        return Project(self.root).migrations

    def require_names(self) -> None:
        """Refuse a file that does not say which service of which project it is about."""
        missing = [
            setting
            for setting, value in (
                ("cloud.project", self.spec.project),
                ("service.name", self.spec.name),
            )
            if not value
        ]
        if missing:
            raise ConfigError(
                f"{self.file.name} does not say {' and '.join(missing)}.",
                hint="The project is the id that `gcloud projects list` shows; a new one comes from"
                " `gcloud projects create`.",
            )

    def secret_values(self, secrets_file: Path | None) -> dict[str, str]:
        """Return the variables of the secrets file: the given one, else ``.env.production``.

        Raises ConfigError where a file is named that is not there.
        """
        path = secrets_file or self.root / SECRETS_FILE
        if secrets_file is not None and not path.is_file():
            raise ConfigError(f"There is no file {path}.", hint="It has lines NAME=value.")
        return {name: value for name, value in read_dotenv(path).items() if value}
