"""The one error tree of Hipflask. Every room may raise these; no room invents its own root.

HipFlaskError
    ConfigError             a setting is missing, weak or malformed
    AuthError               Supabase Auth or a session says no (code, status)
        InvalidCredentials
        EmailNotConfirmed   (email)
        EmailRefused        the address is malformed, or mail to it is not allowed
        EmailTaken
        WeakPassword        (reasons)
        SamePassword
        SignUpClosed
        UserBanned
        TooManyAttempts     (retry_after)
        ReauthenticationNeeded
        SecondFactorNeeded
        LinkExpired         the link or code is unknown, used or too old
        LinkUnusable        (reason)
        NotSignedIn
        SessionExpired
        TokenRejected       (reason)
        AuthRejected        any other refusal
        AuthUnavailable     (reason)
    DataError               the database says no (sqlstate)
        RowHidden           (table)  row-level security or a missing grant
        ConstraintBroken    (constraint, table, column, detail)
            Conflict        unique or exclusion constraint
            ReferenceBroken foreign key
            ValueMissing    not null
            CheckBroken     check constraint
        ValueRefused        a value does not fit its type or domain
        QueryRefused        the statement itself is wrong
        TransactionLost     serialization failure or deadlock: the same again may succeed
        StatementTimeout
        DatabaseReadOnly
        DatabaseUnavailable (reason)
    WebError                a request is refused before or by a view
        SealBroken          (reason, expired)
        CsrfFailed          (reason, vouched)
        HostRefused         (host)
        OneTimeTokenRefused a bearer token that may be a recovery token
        InputRefused        (fields)
    StackError              the embedded stack cannot do what was asked
        PortInUse           (port, needed_for, held_by)
        AlreadyRunning      (pid, root)
        MigrationFailed     (file, line, sqlstate, statement, reason, detail, advice)
        PublicTableWithoutRLS (tables, file)
    DeployError             something in the cloud cannot be done
        ToolMissing         (program)
        CommandFailed       (command, exit_code, output)
        SpecRefused         (codes)  hipflask.toml asks for what cannot be
        NameTaken           (name)  something of that name is there and is not ours
        SmokeTestFailed     (url)  a new revision does not answer as it should
        StepFailed          (step, done, remaining)  a deploy stopped; it can go on
            DeployInterrupted   because somebody asked for it
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


class HipFlaskError(Exception):
    """Base of every error that Hipflask raises on purpose.

    ``message`` says what failed and why; ``hint`` says what to do next.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(HipFlaskError):
    """A setting is missing, weak or malformed. The message names it."""


class AuthError(HipFlaskError):
    """Supabase Auth, or the app's own session, says no.

    ``code`` is GoTrue's error code where the answer came from there (its ``errorcode.go``), and
    ``status`` the HTTP status that came with it; both are empty for our own refusals.
    """

    def __init__(
        self, message: str, *, hint: str = "", code: str = "", status: int | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.status = status


class InvalidCredentials(AuthError):
    """The e-mail or the password is wrong; which of them is not said."""


class EmailNotConfirmed(AuthError):
    """The password is right, but the address has not been confirmed yet."""

    def __init__(self, message: str, *, email: str = "", code: str = "", status: int | None = None):
        super().__init__(message, code=code, status=status)
        self.email = email


class EmailRefused(AuthError):
    """The address is malformed, or the project may not send mail to it."""


class EmailTaken(AuthError):
    """The new address of a signed-in user belongs to somebody else."""


class WeakPassword(AuthError):
    """The password breaks the project's rules; ``reasons`` are GoTrue's words for them.

    Each is one of ``length``, ``characters`` or ``pwned``.
    """

    def __init__(
        self,
        message: str,
        *,
        reasons: Sequence[str] = (),
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.reasons = tuple(reasons)


class SamePassword(AuthError):
    """The new password is the old one."""


class SignUpClosed(AuthError):
    """The project takes no new users, or none by e-mail."""


class UserBanned(AuthError):
    """An administrator has locked the user out."""


class TooManyAttempts(AuthError):
    """A rate limit was hit; ``retry_after`` is in seconds, where it is known."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: int | None = None,
        code: str = "",
        status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.retry_after = retry_after


class ReauthenticationNeeded(AuthError):
    """The change asks for the current password or for a fresh code first."""


class SecondFactorNeeded(AuthError):
    """The user has a second factor and this session has not shown it (``aal2``)."""


class LinkExpired(AuthError):
    """The link or code is unknown, already used, or too old; GoTrue does not say which."""


class LinkUnusable(AuthError):
    """The link cannot be opened here; ``reason`` is a slug for the page that explains it."""

    def __init__(self, message: str, *, reason: str, code: str = "", hint: str = "") -> None:
        super().__init__(message, code=code, hint=hint)
        self.reason = reason


class NotSignedIn(AuthError):
    """The request needs a signed-in user."""


class SessionExpired(AuthError):
    """The session is over: expired, revoked, or ended by Supabase Auth."""


class TokenRejected(AuthError):
    """An access token was refused; ``reason`` is a slug such as ``expired`` or ``signature``."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class AuthRejected(AuthError):
    """Supabase Auth refused for a reason that has no class of its own; see ``code``."""


class AuthUnavailable(AuthError):
    """Supabase Auth cannot be reached, or fails on its side. Nobody is signed out by this."""

    def __init__(self, message: str, *, reason: str, hint: str = "", status: int | None = None):
        super().__init__(message, hint=hint, status=status)
        self.reason = reason


class DataError(HipFlaskError):
    """The database says no. ``sqlstate`` is PostgreSQL's code, empty when there is none."""

    def __init__(self, message: str, *, hint: str = "", sqlstate: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sqlstate = sqlstate


class RowHidden(DataError):
    """A row-level security policy, or a missing grant, forbids it (42501)."""

    def __init__(self, message: str, *, table: str | None = None, sqlstate: str = "42501") -> None:
        super().__init__(message, sqlstate=sqlstate)
        self.table = table


class ConstraintBroken(DataError):
    """A row would break a constraint of the schema."""

    def __init__(
        self,
        message: str,
        *,
        constraint: str | None = None,
        table: str | None = None,
        column: str | None = None,
        detail: str | None = None,
        sqlstate: str = "",
    ) -> None:
        super().__init__(message, sqlstate=sqlstate)
        self.constraint = constraint
        self.table = table
        self.column = column
        self.detail = detail


class Conflict(ConstraintBroken):
    """The same value, or an overlapping one, is already there."""


class ReferenceBroken(ConstraintBroken):
    """A row points to one that is not there, or is still pointed to."""


class ValueMissing(ConstraintBroken):
    """A column that must have a value got none."""


class CheckBroken(ConstraintBroken):
    """A value breaks a check of the table or of the domain."""


class ValueRefused(DataError):
    """A value does not fit: not a number, not a date, too long, out of range."""


class QueryRefused(DataError):
    """The statement itself is wrong; this is a mistake in the program."""


class TransactionLost(DataError):
    """Another transaction was in the way (serialization or deadlock); the same again may work."""


class StatementTimeout(DataError):
    """The statement or the wait for a lock took longer than it may."""


class DatabaseReadOnly(DataError):
    """The database takes no writes (a Supabase project over its disk quota does this)."""


class DatabaseUnavailable(DataError):
    """The database cannot be reached, is starting, stopping, paused or full."""

    def __init__(self, message: str, *, reason: str, hint: str = "", sqlstate: str = "") -> None:
        super().__init__(message, hint=hint, sqlstate=sqlstate)
        self.reason = reason


class WebError(HipFlaskError):
    """A request is refused for what it carries."""


class SealBroken(WebError):
    """A sealed value cannot be opened; ``reason`` is for the log, not for the visitor."""

    def __init__(self, reason: str, *, expired: bool = False) -> None:
        super().__init__(f"The sealed value cannot be opened: {reason}.")
        self.reason = reason
        self.expired = expired


class CsrfFailed(WebError):
    """A request that changes something does not prove that it comes from our own page.

    ``reason`` is ``cross-site``, ``no-cookie``, ``no-token`` or ``stale-token``. ``vouched`` says
    whether the browser vouched for our own page: then the form may be offered again.
    """

    def __init__(self, reason: str, *, vouched: bool = False) -> None:
        super().__init__(f"CSRF check: {reason}.")
        self.reason = reason
        self.vouched = vouched


class HostRefused(WebError):
    """The Host header names a site that is not this app."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The host {host!r} is not this app's.", hint="Set SITE_URL or ALLOWED_HOSTS."
        )
        self.host = host


class OneTimeTokenRefused(WebError):
    """A bearer token came from a one-time link or code and may be a recovery token."""


class InputRefused(WebError):
    """What was typed or sent does not fit; ``fields`` says what to change, by field name."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields = dict(fields or {})


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

    def __init__(self, pid: int, root: Path) -> None:
        super().__init__(
            f"{root} is already in use by process {pid}.",
            hint=f"Use the one that runs, or stop it first: `hipflask stop`, or end process {pid}.",
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


class DeployError(HipFlaskError):
    """Something in the cloud cannot be done, or cannot be found out."""


class ToolMissing(DeployError):
    """A program that is needed is not installed, or not on the path."""

    def __init__(self, program: str, *, needed_for: str, hint: str) -> None:
        super().__init__(
            f"{program} is not installed, or not on the path ({needed_for}).", hint=hint
        )
        self.program = program


class CommandFailed(DeployError):
    """A program ended with an error. ``output`` is what it said, without secrets."""

    def __init__(
        self, message: str, *, command: str, exit_code: int, output: str, hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.command = command
        self.exit_code = exit_code
        self.output = output


class SpecRefused(DeployError):
    """``hipflask.toml`` asks for what Cloud Run or the application refuse; nothing was sent."""

    def __init__(self, message: str, *, codes: Sequence[str], hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.codes = tuple(codes)


class NameTaken(DeployError):
    """Something of that name exists and was not made by Hipflask."""

    def __init__(self, message: str, *, name: str, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.name = name


class SmokeTestFailed(DeployError):
    """A revision does not answer as it should; ``url`` is where it can be looked at."""

    def __init__(self, message: str, *, url: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.url = url


class StepFailed(DeployError):
    """A step of a deploy failed or was interrupted; what came before it stays."""

    def __init__(
        self,
        message: str,
        *,
        step: str,
        done: Sequence[str],
        remaining: Sequence[str],
        hint: str = "",
    ) -> None:
        super().__init__(message, hint=hint)
        self.step = step
        self.done = tuple(done)
        self.remaining = tuple(remaining)


class DeployInterrupted(StepFailed):
    """A deploy stopped because somebody asked for it, between steps or within one."""
