"""Reads the text of ``hipflask.toml`` into a ServiceSpec. Pure: the file's text comes in."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final, get_type_hints

from hipflask.cloudrun.setting_types import Refused, convert, shown
from hipflask.cloudrun.spec import DatabaseSpec, Probe, ServiceSpec
from hipflask.cloudrun.toml_lines import line_of
from hipflask.errors import ConfigError

FILE_NAME: Final = "hipflask.toml"
_IN_CLOUD: Final = ("project", "region", "repository")
_PROBES: Final = ("startup_probe", "liveness_probe")
_TABLES: Final = ("environment", "secrets", "labels")


def setting_of(field: str) -> str:
    """Return where a field of ServiceSpec stands in the file: ``cpu`` is ``service.cpu``."""
    if field == "database":
        return field
    return f"cloud.{field}" if field in _IN_CLOUD else f"service.{field}"


def settings() -> Mapping[str, Any]:
    """Return every setting with the type of its value; of a table of names, the table."""
    return _SETTINGS


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A spec and the text it came from, so that a finding can say the line."""

    spec: ServiceSpec
    name: str
    text: str

    def line_of(self, setting: str) -> int | None:
        """Return the line that says ``service.cpu``, or its section's; ``None`` when neither."""
        return line_of(self.text, setting)


def parse_spec(text: str, *, name: str = FILE_NAME) -> SpecFile:
    """Read the text. Raises one ConfigError that names every line that is wrong.

    Only the form is checked here; whether Cloud Run takes the values is for ``validate``.
    """
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{name} is not valid TOML: {error}.", hint="Correct that line and try again."
        ) from None
    except (ValueError, ArithmeticError, RecursionError):
        # Python reads no number of thousands of digits, and nothing nested so deep.
        raise ConfigError(
            f"{name} cannot be read: a number in it is too long, or lists are nested too deep.",
            hint="No setting needs that; take it out.",
        ) from None
    reading = _Reading(text, name)
    spec = reading.spec(tables)
    if reading.problems:
        raise ConfigError(
            "\n".join(reading.problems),
            hint=f"Correct {name}; docs/reference/hipflask-toml.md lists every setting.",
        )
    return SpecFile(spec, name, text)


class _Reading:
    """Goes through the tables of one file and notes what is wrong."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self.problems: list[str] = []

    def spec(self, tables: Mapping[str, Any]) -> ServiceSpec:
        """Return the spec; what could not be read keeps its default."""
        service: dict[str, Any] = {}
        database: dict[str, Any] = {}
        for setting, given in _flat(tables):
            section, _, field = setting.partition(".")
            if setting in _SETTINGS:
                self._read(setting, given, database if section == "database" else service, field)
            elif setting in _SECTIONS:
                self._note(setting, f"is {shown(given)}, but must be a section: [{setting}]")
            else:
                self._unknown(setting, given)
        values = {name: value for name, value in service.items() if "." not in name}
        values |= {name: self._probe(service, name) for name in _PROBES}
        return ServiceSpec(**values, database=DatabaseSpec(**database))

    def _read(self, setting: str, given: object, target: dict[str, Any], field: str) -> None:
        try:
            target[field] = convert(_SETTINGS[setting], given)
        except Refused as refused:
            about = f"{setting}.{refused.key}" if refused.key else setting
            self._note(about, f"is {refused.shown}, but must be {refused.expected}")

    def _probe(self, values: Mapping[str, Any], name: str) -> Probe | None:
        of_probe = {
            key.removeprefix(f"{name}."): value
            for key, value in values.items()
            if key.startswith(f"{name}.")
        }
        return Probe(**of_probe) if of_probe else None

    def _unknown(self, setting: str, given: object) -> None:
        if isinstance(given, Mapping):
            nearest, kind = nearest_section(setting), "section"
        else:
            nearest, kind = nearest_setting(setting), "setting"
        about = f" Did you mean {nearest}?" if nearest else ""
        self._note(setting, f"is no {kind}.{about}", stop="")

    def _note(self, setting: str, what: str, *, stop: str = ".") -> None:
        line = line_of(self._text, setting)
        where = f"{self._name}, line {line}" if line else self._name
        self.problems.append(f"{where}: {setting} {what}{stop}")


def nearest_setting(setting: str) -> str | None:
    """Return the known setting that was most likely meant, also one of another section."""
    known = list(_SETTINGS)
    section, _, last = setting.rpartition(".")
    same_name = [name for name in known if name.rpartition(".")[2] == last.lower()]
    if same_name:
        return same_name[0]
    here = [name for name in known if name.rpartition(".")[0] == section]
    close = difflib.get_close_matches(setting, here, n=1, cutoff=0.75)
    if not close:
        ends = {name.rpartition(".")[2]: name for name in reversed(known)}
        close = [ends[end] for end in difflib.get_close_matches(last, ends, n=1, cutoff=0.7)]
    return close[0] if close else None


def nearest_section(name: str) -> str | None:
    """Return the known section that was most likely meant."""
    known = [*sorted(_SECTIONS), *(f"service.{table}" for table in _TABLES)]
    # service.env is the beginning of service.environment, and nearer to service only by letters.
    close = [each for each in known if each.startswith(name)]
    close = close or difflib.get_close_matches(name, known, n=1)
    return f"[{close[0]}]" if close else None


def _flat(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the settings by their dotted names; a table of free names stays one value."""
    for key, value in tables.items():
        setting = f"{prefix}{key}"
        if setting in _SECTIONS and isinstance(value, Mapping):
            yield from _flat(value, f"{setting}.")
        else:
            yield setting, value


def _settings() -> Iterator[tuple[str, Any]]:
    hints = get_type_hints(ServiceSpec)
    for field in fields(ServiceSpec):
        if field.name in _PROBES:
            probe = get_type_hints(Probe)
            yield from ((f"service.{field.name}.{n}", hint) for n, hint in probe.items())
        elif field.name != "database":
            yield setting_of(field.name), hints[field.name]
    yield from ((f"database.{n}", hint) for n, hint in get_type_hints(DatabaseSpec).items())


_SETTINGS: Final[Mapping[str, Any]] = MappingProxyType(dict(_settings()))
_SECTIONS: Final = {name.rpartition(".")[0] for name in _SETTINGS}
