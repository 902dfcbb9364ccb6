"""Where the things of one project are on disk."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hipflask.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Project:
    """A folder that holds ``supabase/config.toml``; its state lives in ``.hipflask/``.

    With another settings file (``other_config``) or with ports moved by ``port_offset`` it is an
    instance of its own beside the usual one: its state lives in ``.hipflask/instances/NAME``.
    """

    root: Path
    other_config: Path | None = None
    port_offset: int = 0

    @property
    def supabase(self) -> Path:
        """The folder that the Supabase CLI reads too."""
        return self.root / "supabase"

    @property
    def config_file(self) -> Path:
        """The Supabase CLI's own settings file, or the one that was named instead."""
        return self.other_config or self.supabase / "config.toml"

    @property
    def is_instance(self) -> bool:
        """Whether this is one of several side by side, not the usual one."""
        return self.other_config is not None or self.port_offset != 0

    @property
    def name(self) -> str:
        """The folder, and what tells this instance from the others; for people."""
        told = [self.config_file.name] if self.other_config is not None else []
        told += [f"ports + {self.port_offset}"] if self.port_offset else []
        return f"{self.root} ({', '.join(told)})" if told else str(self.root)

    @property
    def migrations(self) -> Path:
        """The SQL files, oldest first by name."""
        return self.supabase / "migrations"

    @property
    def state(self) -> Path:
        """Everything that a full reset deletes."""
        base = self.root / ".hipflask"
        return base / "instances" / self._instance_name() if self.is_instance else base

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

    def beside(self, config: Path | None, port_offset: int) -> Project:
        """Return the instance with this settings file and these ports.

        Raises ``ConfigError`` when there is no such file.
        """
        if config is not None:
            config = config.resolve()
            if not config.is_file():
                raise ConfigError(
                    f"{config} does not exist.",
                    hint="Name a file in the form of supabase/config.toml with --config.",
                )
            if config == (self.supabase / "config.toml").resolve():
                config = None
        return Project(self.root, config, port_offset)

    def every_stack_file(self) -> list[Path]:
        """Return the state files of all instances of the folder, the usual one's first."""
        base = self.root / ".hipflask"
        return [base / "stack.json", *sorted(base.glob("instances/*/stack.json"))]

    def _instance_name(self) -> str:
        """Two files of the same name differ by a part of the hash of their paths."""
        # Deferred: the usual stack needs no such name.
        import hashlib

        path = self.config_file.resolve()
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", path.stem).strip(".")[:40] or "config"
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:8]
        return f"{stem}-{self.port_offset}-{digest}"

    def create_state(self) -> None:
        """Create ``.hipflask/`` and keep it out of version control."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            ignore = self.root / ".hipflask" / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"Cannot write to {self.state}: {error.strerror}.",
                hint="Give yourself the right to write there, or move the project elsewhere.",
            ) from error
