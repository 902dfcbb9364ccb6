"""The versions of what is beneath Hipflask: as installed here, and as the image has them."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Names in a project's own requirements; pinned when they are here.
_BESIDES = ("pytest", "gunicorn")


def installed_versions() -> dict[str, str]:
    """Return name and version of everything that Hipflask needs, directly or not."""
    found: dict[str, str] = {}
    waiting = ["hipflask", *_BESIDES]
    while waiting:
        name = waiting.pop()
        try:
            package = distribution(name)
        except PackageNotFoundError:
            continue  # another system's, or an extra that is not installed
        key = re.sub(r"[-_.]+", "-", package.metadata["Name"]).lower()
        if key in found:
            continue
        found[key] = package.version
        for requirement in package.requires or ():
            if _is_wanted(requirement, of=key) and (match := _NAME.match(requirement)):
                waiting.append(match.group())
    found.pop("hipflask", None)
    return dict(sorted(found.items()))


def locked_versions(lock: Path) -> dict[str, str]:
    """Return name and version of what the image's lock pins; nothing where there is no lock."""
    if not lock.is_file():
        return {}
    return dict(re.findall(r"(?m)^([a-z0-9-]+)==([^\s;]+)", lock.read_text(encoding="utf-8")))


def _is_wanted(requirement: str, *, of: str) -> bool:
    """Tell whether a requirement can matter: of Hipflask's extras only the local stack's do."""
    _, _, marker = requirement.partition(";")
    extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", marker)
    if extra is None:
        return True
    if of == "hipflask":
        return extra[1] == "local"
    # psycopg[binary] and pyjwt[crypto]: the extras that Hipflask itself asks for.
    return extra[1] in ("binary", "crypto")
