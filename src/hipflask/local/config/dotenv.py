"""``.env`` files: ``NAME=value`` lines, as the Supabase CLI and Docker Compose write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hipflask.errors import ConfigError

_NAME = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


def read_dotenv(path: Path) -> dict[str, str]:
    """Return the variables of a file, or nothing when there is no such file.

    Raises ``ConfigError`` with the line; the message never shows a value.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path} cannot be read.", hint="Save the file as UTF-8.") from None
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _NAME.fullmatch(stripped)
        value = _value(match[2]) if match else None
        if match is None or value is None:
            raise ConfigError(
                f"{path}, line {number}: expected NAME=value.",
                hint="Correct that line and start again.",
            )
        values[match[1]] = value
    return values


def project_environ(root: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with the project's ``.env`` files beneath it.

    The order is the Supabase CLI's: what is set already wins, then ``supabase/``, then the
    project's folder, and in each ``.env.development.local`` before ``.env.local`` before
    ``.env.development`` before ``.env``.
    """
    kind = environ.get("SUPABASE_ENV") or "development"
    names = [f".env.{kind}.local", ".env.local", f".env.{kind}", ".env"]
    if kind == "test":
        names.remove(".env.local")
    merged = dict(environ)
    for folder in (root / "supabase", root):
        for name in names:
            for key, value in read_dotenv(folder / name).items():
                merged.setdefault(key, value)
    return merged


def _value(raw: str) -> str | None:
    """Return the value without quotes and trailing comment, or ``None`` when a quote stays open."""
    if raw[:1] in ('"', "'"):
        quote = raw[0]
        pattern = r'"((?:[^"\\]|\\.)*)"' if quote == '"' else r"'([^']*)'"
        match = re.fullmatch(pattern + r"\s*(?:#.*)?", raw)
        if match is None:
            return None
        if quote == "'":
            return match[1]
        return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), match[1])
    return re.split(r"\s+#", raw, maxsplit=1)[0].strip() if not raw.startswith("#") else ""
