"""The options that change the service for one question, and where the service is read from."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hipflask.cli.cloud.sections import option, options
from hipflask.cli.cloud.text import print_lines
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.rejected import Rejection, check_length, rejection
from hipflask.cloudrun.cost.supabase import SupabaseChoice
from hipflask.cloudrun.overrides import overridden
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.spec_file import FILE_NAME
from hipflask.cloudrun.spec_source import find_spec_file, load_spec
from hipflask.cloudrun.validate import validate
from hipflask.errors import ConfigError

_SERVICE: Final = "Service (otherwise as in hipflask.toml)"
_FIELDS: Final = (
    *("region", "cpu", "memory", "concurrency", "workers", "threads"),
    *("min_instances", "max_instances", "billing"),
)
_NAMES: Final = {field: f"--{field.replace('_', '-')}" for field in _FIELDS}
# Findings about what is paid for nothing, or for more than one would think.
_WORTH_KNOWING: Final = {
    *("cpu-unused", "concurrency-above-threads", "instances-unbounded"),
    *("cost-minimum-instances", "cost-instance-billing", "cost-region-tier"),
}

service_options = options(
    option(_SERVICE, "--region", metavar="NAME", help="Such as europe-west1."),
    option(_SERVICE, "--cpu", metavar="N", help="vCPUs of an instance: 0.5, 1, 2."),
    option(_SERVICE, "--memory", metavar="SIZE", help="Memory of an instance: 512Mi."),
    option(_SERVICE, "--concurrency", metavar="N", help="Requests at once on an instance."),
    option(_SERVICE, "--workers", metavar="N", help="Processes of gunicorn."),
    option(_SERVICE, "--threads", metavar="N", help="Threads of each process."),
    option(_SERVICE, "--min-instances", metavar="N", help="Instances that always wait."),
    option(_SERVICE, "--max-instances", metavar="N", help="The most instances."),
    option(_SERVICE, "--billing", metavar="KIND", help="request or instance."),
)


def read_service(terminal: Terminal, given: Mapping[str, Any]) -> ServiceSpec:
    """Return the service of hipflask.toml with the options' changes.

    Without the file it is the starter's: the price is asked before there is a project.
    """
    try:
        path = find_spec_file(Path.cwd())
    except ConfigError:
        from hipflask.scaffold.source import starter_folder

        path = starter_folder() / FILE_NAME
        terminal.line(f"There is no {FILE_NAME} here: this is a new project as it comes.")
    changes = {field: given[field] for field in _FIELDS if given.get(field) is not None}
    return overridden(load_spec(path).spec, changes, names=_NAMES)


def stop_if_rejected(
    terminal: Terminal,
    spec: ServiceSpec,
    profile: TrafficProfile,
    choice: SupabaseChoice,
) -> Rejection | None:
    """Say what Cloud Run would reject and the nearest that it takes; say what else matters."""
    check_length(profile, spec)
    rejected = rejection(spec, profile, choice)
    if rejected is not None:
        terminal.error("Cloud Run rejects this service, so it has no price.")
        terminal.line()
        print_lines(rejected.lines(), terminal, sys.stderr)
        return rejected
    for finding in validate(spec):
        if finding.code in _WORTH_KNOWING:
            terminal.warning(finding.what)
    return None
