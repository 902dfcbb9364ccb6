"""Finds out all that the doctor judges: this machine, Google, Supabase, the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.config_facts import find_config
from hipflask.cli.cloud.database_facts import find_database
from hipflask.cli.cloud.preparation import DATABASE_URL, useful_values
from hipflask.cli.cloud.wheels import wheel_sources
from hipflask.cloudrun.doctor.facts import Facts, Google, Unseen
from hipflask.cloudrun.observe.code import find_code
from hipflask.cloudrun.observe.google import find_google
from hipflask.cloudrun.observe.project import read_secret
from hipflask.cloudrun.observe.supabase import find_supabase
from hipflask.cloudrun.observe.tools import find_gcloud_installation, find_tools
from hipflask.cloudrun.observed import ObservedSecret
from hipflask.cloudrun.release import COMMIT_LABEL, environment_of, supplied
from hipflask.cloudrun.smoke import DEFAULT_PATHS
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import Context
from hipflask.errors import CommandFailed
from hipflask.local.project import Project

_KEYS = ("SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY")


def find_facts(
    project: CloudProject, secrets_file: Path | None, doing: Callable[[str], None]
) -> Facts:
    """Look at everything; what cannot be looked at says so in its place."""
    spec, files = project.spec, Project(project.root)
    values = project.secret_values(secrets_file)
    doing("Looking at this machine")
    installed = find_gcloud_installation(project.gcloud)
    tools = find_tools(project.programs, gcloud=installed.version)
    doing(f"Asking Google about {spec.project}")
    secrets, given_url = useful_values(spec, values)
    google = find_google(spec, project.gcloud, values=secrets, account=installed.account)
    database_url = given_url or _kept_url(project, google)
    site_url = _site_url(spec, google)
    doing("Asking Supabase")
    environment = spec.environment
    supabase = find_supabase(
        environment.get("SUPABASE_URL", ""),
        next((environment[name] for name in _KEYS if environment.get(name)), ""),
        project.environ,
        site_url=site_url,
    )
    doing("Asking the database")
    return Facts(
        spec=spec,
        context=Context(
            database_url=database_url,
            supplied=frozenset(supplied(spec, google.number if isinstance(google, Google) else 1)),
            outside_paths=DEFAULT_PATHS,
        ),
        tools=tools,
        code=find_code(
            project.root, project.programs, _serving_commit(google), wheel_sources(project.root)
        ),
        config=find_config(files, project.environ),
        google=google,
        supabase=supabase,
        database=find_database(database_url, files.migrations),
        site_url=site_url,
        account=installed.account,
    )


def _site_url(spec: ServiceSpec, google: Google | Unseen) -> str:
    """Return the application's address: of the service that runs, else of the one to come."""
    if isinstance(google, Google) and google.serving is not None:
        found = google.serving.environment.get("SITE_URL", "")
        if found:
            return found.rstrip("/")
    number = google.number if isinstance(google, Google) else 0
    return environment_of(spec, number).get("SITE_URL", "").rstrip("/")


def _serving_commit(google: Google | Unseen) -> str:
    if isinstance(google, Unseen) or google.serving is None:
        return ""
    return google.serving.labels.get(COMMIT_LABEL, "")


def _kept_url(project: CloudProject, google: Google | Unseen) -> str:
    """Return DATABASE_URL from Secret Manager; empty where it is not there or not for us."""
    reference = project.spec.secrets.get(DATABASE_URL)
    if isinstance(google, Unseen) or reference is None:
        return ""
    secret = google.secrets.get(reference.name)
    if not isinstance(secret, ObservedSecret) or not secret.usable:
        return ""
    try:
        version = reference.version if reference.is_numbered else str(secret.usable)
        found = read_secret(project.spec, project.gcloud, reference.name, version)
    except CommandFailed:
        return ""
    return found.strip()
