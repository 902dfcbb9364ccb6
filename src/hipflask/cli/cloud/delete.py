"""`hipflask cloud delete`: the service goes; what it used stays, and is named."""

from __future__ import annotations

import click

from hipflask.cli.cloud.asking import require_name
from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.plan_text import typed
from hipflask.cli.cloud.running import service_of
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.command import gcloud
from hipflask.cloudrun.observe.project import find_service
from hipflask.cloudrun.release import MADE_BY, account_of
from hipflask.errors import DeployError


@click.command(short_help="Delete the service.")
@click.option("--yes", is_flag=True, help="Do not ask for the name.")
def delete(yes: bool) -> None:
    """Delete the service with all its revisions. Images, secrets and database stay.

    \b
    Example: hipflask cloud delete
    """
    terminal = Terminal()
    project = CloudProject.of_here()
    service, spec = service_of(project), project.spec
    if service.labels.get(MADE_BY[0]) != MADE_BY[1]:
        terminal.warning("Hipflask did not make this service.")
    command = gcloud(
        *("run", "services", "delete", spec.name),
        region=spec.region,
        project=spec.project,
        quiet=True,
    )
    terminal.line(f"{service.url} will answer no more.")
    terminal.line(f"$ {typed(command)}")
    if not yes:
        require_name(f"Type {spec.name} to delete it", spec.name)
    project.gcloud.run(command, on_line=lambda line: terminal.line(f"  {line}") if line else None)
    if find_service(spec, project.gcloud) is not None:
        raise DeployError(f"{spec.name} is still there.", hint="Try again: hipflask cloud delete")
    terminal.result(f"Deleted {spec.name}.")
    terminal.line("These stay; delete them when nothing else uses them:")
    images = gcloud(
        *("artifacts", "docker", "images", "delete", spec.image_path),
        delete_tags=True,
        quiet=True,
    )
    terminal.line(f"  {typed(images)}")
    for name in dict.fromkeys(reference.name for reference in spec.secrets.values()):
        terminal.line(f"  {typed(gcloud('secrets', 'delete', name, project=spec.project))}")
    account = gcloud("iam", "service-accounts", "delete", account_of(spec), project=spec.project)
    terminal.line(f"  {typed(account)}")
