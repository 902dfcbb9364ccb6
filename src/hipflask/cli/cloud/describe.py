"""`hipflask cloud describe`: the service as it is, and where it differs from the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.deploying import shares
from hipflask.cli.cloud.options import format_option
from hipflask.cli.cloud.running import Running, look_at
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.service import RevisionSettings, Service

_REVISIONS = 8


@click.command(short_help="Say what runs: settings, traffic, revisions, drift.")
@format_option
def describe(form: str) -> None:
    """Show the service, its revisions, and what differs from hipflask.toml.

    \b
    Example: hipflask cloud describe --format json
    """
    terminal = Terminal()
    project = CloudProject.of_here()
    running = look_at(project)
    if form == "json":
        terminal.json(_json(running))
        return
    service, serving = running.service, running.serving
    terminal.result(f"{service.name} in {project.spec.region}, project {project.spec.project}")
    terminal.result()
    terminal.table(_settings(service, serving, is_public=running.is_public))
    terminal.result()
    _show_revisions(terminal, service, running.revisions)
    terminal.result()
    _show_drift(terminal, project, running)


def _settings(
    service: Service, serving: RevisionSettings, *, is_public: bool
) -> list[tuple[str, str]]:
    least, most = max(service.min_instances, serving.min_instances), serving.max_instances
    access = "everybody" if is_public else "members with roles/run.invoker"
    return [
        ("Address", service.url),
        *(("", url) for url in service.urls if url != service.url),
        ("State", _state(service)),
        ("Traffic", shares(service)),
        ("Who may visit", f"{access}, ingress {service.ingress}"),
        ("Image", serving.image),
        (
            "Instance",
            f"{serving.cpu} vCPU, {serving.memory}, {serving.generation or 'any'} generation",
        ),
        ("Requests at once", str(serving.concurrency or "Cloud Run's default")),
        ("Instances", f"{least} to {most or 'Cloud Run’s maximum'}"),
        ("Timeout", f"{serving.timeout or 300} s"),
        ("Billing", "by request" if serving.cpu_throttled else "by instance"),
        ("Runs as", serving.service_account or "the project's default account"),
        ("Variables", ", ".join(serving.environment) or "none"),
        ("Secrets", ", ".join(f"{k} = {v}" for k, v in serving.secrets.items()) or "none"),
    ]


def _state(service: Service) -> str:
    if service.ready:
        return "ready"
    return f"not ready: {service.why_not_ready}" if service.why_not_ready else "not ready"


def _show_revisions(
    terminal: Terminal, service: Service, revisions: Sequence[RevisionSettings]
) -> None:
    tags: dict[str, list[str]] = {}
    for target in service.targets:
        if target.tag:
            tags.setdefault(target.revision, []).append(target.tag)
    terminal.result("Revisions")
    width = max((len(each.name) for each in revisions), default=0)
    for revision in revisions[:_REVISIONS]:
        share = service.traffic.get(revision.name, 0)
        words = [*tags.get(revision.name, []), *([] if revision.ready else ["not ready"])]
        when = revision.created.replace("T", " ")[:16]
        line = f"  {revision.name:<{width}}  {share:>3} %  {when}  {' '.join(words)}"
        terminal.result(line.rstrip())
    if len(revisions) > _REVISIONS:
        terminal.result(f"  and {len(revisions) - _REVISIONS} older ones")


def _show_drift(terminal: Terminal, project: CloudProject, running: Running) -> None:
    if not running.drift:
        terminal.result(f"The settings are those of {project.file.name}.")
        return
    terminal.result(f"Differs from {project.file.name} (there → what runs)")
    for each in running.drift:
        terminal.result(f"  {each.setting}: {each.wanted} → {each.found}")
    terminal.line("Bring the settings of the file there: hipflask cloud update")


def _json(running: Running) -> dict[str, Any]:
    service = running.service
    return {
        "service": {
            "name": service.name,
            "url": service.url,
            "urls": list(service.urls),
            "ready": service.ready,
            "why_not_ready": service.why_not_ready,
            "ingress": service.ingress,
            "public": running.is_public,
            "min_instances": service.min_instances,
            "labels": dict(service.labels),
            "traffic": service.traffic,
            "tags": {each.tag: each.revision for each in service.targets if each.tag},
        },
        "serving": _plain(running.serving),
        "revisions": [
            {"name": each.name, "created": each.created, "ready": each.ready, "image": each.image}
            for each in running.revisions
        ],
        "drift": [asdict(each) for each in running.drift],
    }


def _plain(settings: RevisionSettings) -> dict[str, Any]:
    """Return the settings; of the variables only the names: a value may be a secret."""
    known = {
        name: getattr(settings, name)
        for name in (
            *("name", "image", "cpu", "memory", "concurrency", "timeout", "max_instances"),
            *("min_instances", "generation", "cpu_boost", "cpu_throttled", "port"),
            *("service_account", "startup_probe", "liveness_probe", "created", "ready"),
        )
    }
    return {
        **known,
        "environment": sorted(settings.environment),
        "secrets": dict(settings.secrets),
        "labels": dict(settings.labels),
    }
