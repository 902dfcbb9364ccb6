"""What `plan`, `deploy` and `update` find out first: is the file valid, what is in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

import psycopg

from hipflask.cli.cloud.cloud_project import SECRETS_FILE, SMOKE_EMAIL, SMOKE_PASSWORD, CloudProject
from hipflask.cli.cloud.findings_text import refuse_errors
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.endpoint import DatabaseEndpoint, migration_url
from hipflask.cloudrun.observe.project import observe, read_secret
from hipflask.cloudrun.observed import Observed
from hipflask.cloudrun.plan.secrets import useless_values
from hipflask.cloudrun.release import supplied
from hipflask.cloudrun.smoke import DEFAULT_PATHS, PATIENCE, SmokeTest
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import Context, validate
from hipflask.errors import ConfigError, DeployError
from hipflask.local import migrations

DATABASE_URL = "DATABASE_URL"


@dataclass(frozen=True)
class Prepared:
    """What a deploy starts from. ``values`` and ``database_url`` hold secrets."""

    project: CloudProject
    observed: Observed
    values: Mapping[str, str]
    database_url: str
    test: SmokeTest

    def __repr__(self) -> str:
        return f"<Prepared {self.project.root}>"

    def migrate(self) -> None:
        """Bring the database up to date. Raises MigrationFailed, StackError, DeployError."""
        try:
            migrations.apply(migration_url(self.database_url), self.project.migrations)
        except psycopg.OperationalError as error:
            raise unreachable(self.database_url, error) from None


def prepare(
    terminal: Terminal,
    project: CloudProject,
    *,
    tag: str = "",
    secrets_file: Path | None = None,
    smoke_paths: Sequence[str] = (),
    smoke_timeout: float = PATIENCE,
    migrate: bool = True,
) -> Prepared:
    """Check the file and look at what is in place. Raises before anything is changed."""
    project.require_names()
    values = project.secret_values(secrets_file)
    test = smoke_test(values, smoke_paths, smoke_timeout)
    spec, paths = project.spec, tuple(smoke_paths) or DEFAULT_PATHS
    secrets, given_url = useful_values(spec, values)
    # Everything that can be said without Google is said before Google is asked.
    known = Context(
        database_url=given_url,
        supplied=frozenset(supplied(spec, 1)),
        outside_paths=paths,
    )
    findings = validate(spec, known)
    refuse_errors(terminal, project.file, [each for each in findings if each.is_error])
    for name, why in useless_values(spec, values).items():
        if name not in (SMOKE_EMAIL, SMOKE_PASSWORD):
            terminal.warning(f"{name} in {SECRETS_FILE} goes nowhere: {why}")
    observed = observe(spec, project.gcloud, tag=tag, values=secrets, environ=project.environ)
    database_url = given_url or _kept_database_url(project, observed)
    context = replace(
        known,
        database_url=database_url,
        supplied=frozenset(supplied(spec, observed.project_number)),
    )
    refuse_errors(terminal, project.file, validate(spec, context))
    if migrate and database_url and project.migrations.is_dir():
        observed = replace(observed, pending=pending_migrations(project, database_url))
    return Prepared(project, observed, secrets, database_url, test)


def useful_values(spec: ServiceSpec, values: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return the values that go to Secret Manager, and the DATABASE_URL among all of them."""
    useless = useless_values(spec, values)
    secrets = {name: value for name, value in values.items() if name not in useless}
    return secrets, (secrets if DATABASE_URL in spec.secrets else values).get(DATABASE_URL, "")


def smoke_test(
    values: Mapping[str, str], paths: Sequence[str], patience: float = PATIENCE
) -> SmokeTest:
    """Return what a new revision has to answer. Raises ConfigError for half a sign-in."""
    email, password = values.get(SMOKE_EMAIL, ""), values.get(SMOKE_PASSWORD, "")
    if bool(email) != bool(password):
        missing = SMOKE_PASSWORD if email else SMOKE_EMAIL
        raise ConfigError(
            f"{missing} is missing in the secrets file.",
            hint="The smoke test signs in with SMOKE_EMAIL and SMOKE_PASSWORD; give both or none.",
        )
    for path in paths:
        if not path.startswith("/"):
            raise ConfigError(
                f"--smoke-path is {path!r}, but must be a path of the site.",
                hint="It begins with a slash, such as /login.",
            )
    return SmokeTest(tuple(paths) or DEFAULT_PATHS, email, password, patience)


def pending_migrations(project: CloudProject, database_url: str) -> tuple[str, ...]:
    """Return the names of the migrations that the database lacks. Raises DeployError."""
    try:
        rows = migrations.status(migration_url(database_url), project.migrations)
    except psycopg.Error as error:
        raise unreachable(database_url, error) from None
    return tuple(f"{row.version}_{row.name}" for row in rows if row.in_folder and not row.applied)


def why_unreachable(database_url: str, error: Exception) -> str:
    """Return the first line of what the database, or libpq, says; without the password."""
    why = (str(error).strip().splitlines() or ["no reason given"])[0]
    login = database_url.partition("://")[2].rpartition("@")[0]
    password = login.partition(":")[2]
    for text in filter(None, (password, unquote(password))):
        why = why.replace(text, "***")
    return why


def unreachable(database_url: str, error: Exception) -> DeployError:
    """Return the error for a database that does not answer; its password is not in it."""
    endpoint = DatabaseEndpoint.parse(migration_url(database_url))
    where = f"{endpoint.host}:{endpoint.port}" if endpoint else "DATABASE_URL"
    return DeployError(
        f"The database at {where} cannot be used: {why_unreachable(database_url, error)}",
        hint="A free Supabase project pauses after a quiet week: open its dashboard and restore it."
        " Check the address with `hipflask cloud doctor`, or leave the database out:"
        " --no-migrations",
    )


def _kept_database_url(project: CloudProject, observed: Observed) -> str:
    reference = project.spec.secrets.get(DATABASE_URL)
    secret = observed.secrets.get(reference.name) if reference else None
    if reference is None or secret is None or not secret.usable:
        return ""
    version = reference.version if reference.is_numbered else str(secret.usable)
    return read_secret(project.spec, project.gcloud, reference.name, version).strip()
