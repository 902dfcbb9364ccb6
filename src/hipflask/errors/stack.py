"""The embedded stack cannot do what was asked; the whole tree is drawn in the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hipflask.errors.base import HipFlaskError


class StackError(HipFlaskError):
    """The embedded stack cannot do what was asked."""


class PortInUse(StackError):
    """Another process listens on a port that the stack needs."""

    def __init__(self, port: int, needed_for: str, *, held_by: str = "", hint: str = "") -> None:
        by = f" by {held_by}" if held_by else ""
        advice = "Stop that process, or choose another port in supabase/config.toml."
        if not held_by:
            # The ports lie in the range from which systems take those of outgoing connections.
            advice += " If no process has it, a connection that just ended does: wait a minute."
        super().__init__(f"Port {port} ({needed_for}) is in use{by}.", hint=hint or advice)
        self.port = port
        self.needed_for = needed_for
        self.held_by = held_by


class AlreadyRunning(StackError):
    """The folder's stack or database already runs, owned by another process."""

    def __init__(self, pid: int, root: Path, arguments: str = "") -> None:
        super().__init__(
            f"{root} is already in use by process {pid}.",
            hint=f"Use the one that runs, or stop it first: `hipflask stop{arguments}`, or end"
            f" process {pid}.",
        )
        self.pid = pid
        self.root = root


_NOTHING_KEPT = "Nothing of this file was kept"


class MigrationFailed(StackError):
    """PostgreSQL refused a statement of a migration; the whole file was rolled back.

    ``others_kept``: each statement ran on its own, so those before it stay.
    """

    def __init__(
        self,
        *,
        file: Path,
        line: int,
        sqlstate: str,
        statement: str,
        reason: str,
        detail: str = "",
        advice: str = "",
        others_kept: bool = False,
    ) -> None:
        kept = "What the file did before this line was kept" if others_kept else _NOTHING_KEPT
        parts = [f"{file.name}, line {line}: {reason} (SQLSTATE {sqlstate})."]
        parts += [text for text in (detail, advice) if text]
        super().__init__(
            "\n".join(parts),
            hint=f"{kept}. Mend it and run `hipflask db up` again.",
        )
        self.file = file
        self.line = line
        self.sqlstate = sqlstate
        self.statement = statement
        self.reason = reason
        self.detail = detail
        self.advice = advice


class PublicTableWithoutRLS(StackError):
    """A migration left tables in schema public that everyone with an API key could read."""

    def __init__(self, tables: Sequence[str], *, file: Path | None = None) -> None:
        names = ", ".join(tables)
        where = f"{file.name} leaves" if file else "The migrations leave"
        super().__init__(
            f"{where} {names} in schema public without row-level security:"
            " anyone with the publishable key could read and change every row.",
            hint="\n".join(f"alter table {table} enable row level security;" for table in tables),
        )
        self.tables = tuple(tables)
        self.file = file
