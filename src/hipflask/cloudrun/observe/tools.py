"""Asks the programs of this machine for their versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from hipflask.cloudrun.command import gcloud as command
from hipflask.cloudrun.doctor.facts import Tools
from hipflask.cloudrun.gcloud import Gcloud
from hipflask.cloudrun.programs import Programs
from hipflask.errors import CommandFailed, ToolMissing

_VERSION: Final = re.compile(r"\d+(?:\.\d+)+")


@dataclass(frozen=True, slots=True)
class Installation:
    """gcloud's version, and the account that it works as; both empty where not known."""

    version: str = ""
    account: str = ""


def find_gcloud_installation(gcloud: Gcloud) -> Installation:
    """Return what gcloud says of itself, without asking Google."""
    try:
        info = gcloud.ask(command("info")) or {}
    except ToolMissing:
        return Installation()
    except CommandFailed:
        return Installation("of an unknown version")
    config = info.get("config") or {}
    auth = (config.get("properties") or {}).get("auth") or {}
    impersonated = (auth.get("impersonate_service_account") or {}).get("value")
    version = (info.get("basic") or {}).get("version")
    return Installation(
        str(version or "of an unknown version"), str(impersonated or config.get("account") or "")
    )


def find_tools(programs: Programs, *, gcloud: str) -> Tools:
    """Return the programs that are here; gcloud's version comes from its own answer."""
    docker = _version(programs, "docker")
    return Tools(
        gcloud=gcloud,
        docker=docker,
        docker_answers=bool(docker) and _ends_well(programs, "docker", "version"),
        buildah=_version(programs, "buildah"),
        git=_version(programs, "git"),
    )


def _version(programs: Programs, program: str) -> str:
    try:
        done = programs.run([program, "--version"])
    except OSError:
        return ""
    found = _VERSION.search(done.stdout)
    return found[0] if found else "?"


def _ends_well(programs: Programs, *argv: str) -> bool:
    """Tell whether ``docker version`` reaches the engine; alone it says so by its exit code."""
    return programs.run(list(argv)).exit_code == 0
