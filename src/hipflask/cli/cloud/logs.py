"""`hipflask cloud logs`: what the service wrote, filtered, and followed."""

from __future__ import annotations

import json
import time
from typing import Any

import click

from hipflask.cli.cloud.cloud_project import CloudProject
from hipflask.cli.cloud.options import format_option
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.command import gcloud
from hipflask.cloudrun.log_entries import SEVERITIES, entry_line, log_filter

_PAUSE = 3.0
_MOST = 1000


@click.command(short_help="Show the service's log.")
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines until Ctrl-C.")
@click.option("--request-id", metavar="ID", default="", help="Only what belongs to one request.")
@click.option("--revision", metavar="NAME", default="", help="Only one revision.")
@click.option(
    "--severity",
    type=click.Choice(SEVERITIES, case_sensitive=False),
    default="default",
    help="At least so severe.",
)
@click.option("--search", metavar="WORDS", default="", help="Only entries with these words.")
@click.option(
    "--since",
    metavar="TIME",
    default="1d",
    show_default=True,
    help="How far back: 30m, 6h, 7d.",
)
@click.option(
    "--limit", type=click.IntRange(1, _MOST), default=100, show_default=True, help="So many lines."
)
@format_option
def logs(
    form: str,
    follow: bool,
    request_id: str,
    revision: str,
    severity: str,
    search: str,
    since: str,
    limit: int,
) -> None:
    """Show the newest lines of the log, the oldest of them first.

    \b
    Examples: hipflask cloud logs --severity error --since 6h
              hipflask cloud logs --request-id 8b1c2d3e4f5a6b7c
              hipflask cloud logs --follow
    """
    terminal = Terminal()
    project = CloudProject.of_here()
    project.require_names()
    wanted = {"request_id": request_id, "revision": revision, "severity": severity}
    wanted["search"] = search
    seen: dict[str, str] = {}
    entries = _read(project, log_filter(project.spec, **wanted), limit, since)
    while True:
        for entry in entries:
            key = str(entry.get("insertId") or json.dumps(entry, sort_keys=True))
            if key in seen:
                continue
            seen[key] = str(entry.get("timestamp") or "")
            if form == "json":
                terminal.json(entry, indent=None)
            else:
                terminal.result(entry_line(entry))
        if not follow:
            break
        time.sleep(_PAUSE)
        newest = max(seen.values(), default="")
        # Entries of the same moment may come late: that moment is asked for again.
        seen = {key: at for key, at in seen.items() if at >= newest[:19]}
        narrowed = log_filter(project.spec, **wanted, since=newest[:19] + "Z" if newest else "")
        entries = _read(project, narrowed, _MOST, since)
    if not seen:
        terminal.line("Nothing was logged. Further back: --since 7d")


def _read(project: CloudProject, text: str, limit: int, since: str) -> list[dict[str, Any]]:
    command = gcloud(
        *("logging", "read", text),
        limit=str(limit),
        freshness=since,
        project=project.spec.project,
    )
    return list(reversed(project.gcloud.ask(command) or []))
