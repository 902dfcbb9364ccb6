"""Where the things of one project are on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hipflask.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Project:
    """A folder that holds ``supabase/config.toml``; its state lives in ``.hipflask/``."""

    root: Path

    @property
    def supabase(self) -> Path:
        """The folder that the Supabase CLI reads too."""
        return self.root / "supabase"

    @property
    def config_file(self) -> Path:
        """The Supabase CLI's own settings file."""
        return self.supabase / "config.toml"

    @property
    def migrations(self) -> Path:
        """The SQL files, oldest first by name."""
        return self.supabase / "migrations"

    @property
    def state(self) -> Path:
        """Everything that a full reset deletes."""
        return self.root / ".hipflask"

    @property
    def database(self) -> Path:
        """PostgreSQL's data folder."""
        return self.state / "db"

    @property
    def mail(self) -> Path:
        """The mailbox: one ``.eml`` file per message."""
        return self.state / "mail"

    @property
    def storage(self) -> Path:
        """The files of Storage's objects."""
        return self.state / "storage"

    @property
    def logs(self) -> Path:
        """The log files of the stack and of the application."""
        return self.state / "logs"

    @property
    def keys_file(self) -> Path:
        """The project's secrets, readable by its owner alone."""
        return self.state / "keys.json"

    @property
    def stack_file(self) -> Path:
        """What a running stack tells other processes: pid, ports, how to stop it."""
        return self.state / "stack.json"

    @property
    def lock_file(self) -> Path:
        """Held by the process that runs the stack."""
        return self.state / "stack.lock"

    @classmethod
    def find(cls, start: Path) -> Project:
        """Return the project that holds ``start``, searching upward.

        Raises ``ConfigError`` when no folder on the way up holds ``supabase/config.toml``.
        """
        start = start.resolve()
        for folder in (start, *start.parents):
            if (folder / "supabase" / "config.toml").is_file():
                return cls(folder)
        raise ConfigError(
            f"No supabase/config.toml in {start} or in any folder above it.",
            hint="Go into a project's folder, or make a project: hipflask new NAME",
        )

    def create_state(self) -> None:
        """Create ``.hipflask/`` and keep it out of version control."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            ignore = self.state / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"Cannot write to {self.state}: {error.strerror}.",
                hint="Give yourself the right to write there, or move the project elsewhere.",
            ) from error
