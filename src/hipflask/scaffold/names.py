"""What a project may be called."""

from __future__ import annotations

import re

from hipflask.errors import ConfigError

LONGEST = 40  # the Supabase CLI cuts project ids there (sanitizeProjectId)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
# A folder of such a name cannot be made on Windows, where a colleague may sit.
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{n}{i}" for n in ("com", "lpt") for i in range(1, 10)}


def check_name(name: str) -> str:
    """Return the name, or raise ``ConfigError`` with the reason why it will not do."""
    reason = _objection(name)
    if reason:
        raise ConfigError(
            f"{name!r} cannot be a project's name: {reason}.",
            hint="Letters, digits, - and _, beginning with a letter: hipflask new shop",
        )
    return name


def _objection(name: str) -> str:
    if not name:
        return "it is empty"
    if len(name) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if name.lower() in _RESERVED:
        return "Windows keeps it for a device"
    if not _NAME.fullmatch(name):
        bad = next((c for c in name if not re.fullmatch(r"[A-Za-z0-9_-]", c)), name[0])
        if not name[0].isalpha():
            return "it does not begin with a letter"
        return f"it has the character {bad!r}"
    if name.lower() == "hipflask":
        return "Python could not tell it from the package"
    return ""
