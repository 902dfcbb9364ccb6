"""Rules of the database itself: what is in it, and who may do what. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hipflask.cloudrun.connections import connections_of
from hipflask.cloudrun.doctor.facts import Cause, Database, Facts, Unseen
from hipflask.cloudrun.doctor.report import Said
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity
from hipflask.cloudrun.supabase_limits import COMPUTES
from hipflask.cloudrun.validate.database import FIELD, endpoint_of, mode_of

NEEDED_ROLES: Final = ("authenticated", "anon")
"""The roles as which the application works: `db.as_user`, `db.as_anon`."""


def check_answers(facts: Facts) -> Iterator[Said]:
    """It can be used with DATABASE_URL."""
    found = facts.database
    if isinstance(found, Database):
        yield f"{found.host}: PostgreSQL {found.version}, as {found.user}"
    elif found.cause is Cause.NOT_ASKED:
        yield found
    else:
        yield Symptom(
            "database-unreachable",
            Severity.ERROR,
            FIELD,
            found.reason,
            "The application needs it for every page. A paused project's database is away, too; and"
            " the direct host (db.….supabase.co) is not reached from a network without IPv6.",
            found.hint
            or "In Supabase press Connect and compare the address; reset the password"
            " in Database, Settings.",
        )
        yield Unseen("row-level security, migrations and roles: see above")


def check_security(facts: Facts) -> Iterator[Said]:
    """No table lies open to the API."""
    if isinstance(facts.database, Unseen):
        return
    exposed = facts.database.exposed
    if not exposed:
        yield "no table of schema public is without row-level security"
        return
    statements = "\n".join(f"alter table {name} enable row level security;" for name in exposed)
    yield Symptom(
        "rls-missing",
        Severity.ERROR,
        "",
        f"Row-level security is off for {', '.join(exposed)}.",
        "Anyone with the publishable key, which every visitor can read, can read and change every"
        " row through the Data API.",
        f"Write a migration (hipflask db new secure_tables), with policies for who may what:\n"
        f"{statements}",
    )


def check_migrations(facts: Facts) -> Iterator[Said]:
    """Folder and database have the same migrations."""
    if isinstance(facts.database, Unseen):
        return
    pending, unknown = facts.database.pending, facts.database.unknown
    if pending:
        yield Symptom(
            "migrations-pending",
            Severity.WARNING,
            "",
            f"The database lacks {', '.join(pending)}.",
            "Code that needs them fails.",
            "A deploy applies them before the new revision starts: hipflask cloud deploy",
        )
    if unknown:
        yield Symptom(
            "migrations-unknown",
            Severity.WARNING,
            "",
            f"The database has migrations that supabase/migrations lacks: {', '.join(unknown)}.",
            "They were applied from another branch or in the dashboard; what they changed is not"
            " what was tried here.",
            "Bring the files here: git fetch --all, or supabase migration fetch",
        )
    if not pending and not unknown:
        yield "it has the migrations of the folder"


def check_version(facts: Facts) -> Iterator[Said]:
    """SQL that works here works there."""
    if isinstance(facts.database, Unseen) or isinstance(facts.config, Unseen):
        return
    there, here = facts.database.version, facts.config.database_version
    if there < here:
        yield Symptom(
            "database-version",
            Severity.WARNING,
            "",
            f"The server is PostgreSQL {there}; db.major_version in config.toml is {here}.",
            "SQL that is tried here may be refused there.",
            f"Upgrade it in the dashboard (Settings, Infrastructure), or set db.major_version"
            f" = {there}.",
        )


def check_role(facts: Facts) -> Iterator[Said]:
    """The user can act as the application's users."""
    if isinstance(facts.database, Unseen):
        return
    missing = [role for role in NEEDED_ROLES if role not in facts.database.roles]
    if not missing:
        yield f"its user {facts.database.user} can act as the application's users"
        return
    yield Symptom(
        "database-role",
        Severity.ERROR,
        FIELD,
        f"{facts.database.user} cannot take the role {' or '.join(missing)}.",
        "Every query of a user runs in that role, which is how row-level security holds for it.",
        "Take the user postgres, as Connect in Supabase shows it. Another server needs Supabase's"
        " roles first.",
    )


def check_connections(facts: Facts) -> Iterator[Said]:
    """Count all instances' connections, and ask the server how many it takes."""
    spec = facts.spec
    mode, compute = mode_of(spec, facts.context), COMPUTES.get(spec.database.compute)
    if mode is None or compute is None or not endpoint_of(spec, facts.context):
        return
    count = connections_of(spec, mode, compute)
    if count.fits:
        yield f"{count.sum}, of {count.limit} in {mode.value} mode"
    if isinstance(facts.database, Unseen):
        return
    most = facts.database.max_connections
    if most != compute.max_connections:
        fits = next((it.name for it in COMPUTES.values() if it.max_connections == most), "")
        yield Symptom(
            "compute-differs",
            Severity.WARNING,
            "database.compute",
            f'database.compute is "{compute.name}", which takes {compute.max_connections}'
            f" connections; the server takes {most}.",
            "The connections are counted against a limit that is not the server's.",
            f'Set database.compute = "{fits}".'
            if fits
            else "Set database.compute to the project's size: Settings, Compute and Disk.",
        )


RULES: Final = (
    check_answers,
    check_security,
    check_migrations,
    check_version,
    check_role,
    check_connections,
)
