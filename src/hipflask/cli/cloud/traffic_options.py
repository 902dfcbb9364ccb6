"""The options that say what a service has to do: of `cloud cost` and `cloud simulate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hipflask.cli.cloud.sections import option, options
from hipflask.cloudrun.cost import amounts
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.profile_text import profile_parts, read_hours, read_profile
from hipflask.errors import ConfigError

_TRAFFIC: Final = "Traffic"
_USUAL: Final = TrafficProfile()


def _part(name: str, metavar: str, text: str, usual: str) -> Any:
    return option(_TRAFFIC, name, metavar=metavar, help=f"{text}  [{usual}]")


traffic_options = options(
    _part("--requests", "N", "Requests a month: 50k, 1.5M.", f"{_USUAL.requests:,}"),
    _part("--curve", "CURVE", "The day: flat, office, bell:3 or 24 numbers.", "office"),
    option(
        _TRAFFIC,
        "--hourly",
        metavar="LIST|FILE",
        help="Requests hour by hour, instead of both: a day, a week.",
    ),
    _part("--latency", "TIME", "From request to answer.", amounts.seconds(_USUAL.latency)),
    _part("--cpu-time", "TIME", "The part a CPU works.", amounts.seconds(_USUAL.cpu)),
    _part("--startup", "TIME", "A start of an instance.", amounts.seconds(_USUAL.startup)),
)
size_options = options(
    _part("--response-size", "SIZE", "Of an answer.", amounts.size(_USUAL.response_size)),
    _part("--users", "N", "People who sign in each month.", f"{_USUAL.users:,}"),
    _part("--database-size", "SIZE", "At Supabase.", amounts.size(_USUAL.database_size)),
    _part("--file-size", "SIZE", "Of all files at Supabase.", amounts.size(_USUAL.file_size)),
    _part("--download-size", "SIZE", "Of files to browsers, a month.", "0"),
)
assume_option = option(
    _TRAFFIC,
    "--assume",
    multiple=True,
    metavar="NAME=VALUE",
    help="Anything else, such as builds=100; see the reference.",
)

# Parameters of the commands by the part of a profile that they say.
_PARAMETERS: Final = {
    "requests": "requests",
    "curve": "curve",
    "latency": "latency",
    "cpu": "cpu_time",
    "startup": "startup",
    "response_size": "response_size",
    "users": "users",
    "database_size": "database_size",
    "file_size": "file_size",
    "download_size": "download_size",
}


def read_profile_options(given: Mapping[str, Any]) -> TrafficProfile:
    """Return the profile that the options of a command say.

    Raises ConfigError that names what is wrong as it was typed.
    """
    said: dict[str, object] = {}
    names: dict[str, str] = {}
    for part, parameter in _PARAMETERS.items():
        if given.get(parameter) is not None:
            said[part] = given[parameter]
            names[part] = f"--{parameter.replace('_', '-')}"
    for part, value in _assumed(given["assume"]):
        if part in said:
            raise ConfigError(
                f"{part} is said twice, by {names[part]} and by --assume {part}={value}.",
                hint="Leave one of them out.",
            )
        said[part] = value
        names[part] = f"--assume {part}"
    base = None
    if given["hourly"] is not None:
        if "requests" in said or "curve" in said:
            raise ConfigError(
                "--hourly says how many requests come and when, so --requests and --curve say it"
                " twice.",
                hint="Leave them out, or say --curve with the same numbers instead of --hourly.",
            )
        requests, curve = read_hours(_list_or_file(given["hourly"]))
        base = TrafficProfile(requests=requests, curve=curve)
    return read_profile(said, base, names=names)


def _assumed(pairs: Sequence[str]) -> list[tuple[str, str]]:
    found = []
    for pair in pairs:
        name, equals, value = pair.partition("=")
        part = name.strip().replace("-", "_")
        if not equals or not part:
            raise ConfigError(
                f"--assume is {pair!r}, but must be NAME=VALUE such as builds=100.",
                hint=f"Names: {', '.join(profile_parts())}.",
            )
        # The option's name is as good as the profile's.
        found.append(("cpu" if part == "cpu_time" else part, value.strip()))
    return found


def _list_or_file(given: str) -> str:
    if given[:1].isdigit():
        return given
    path = Path(given)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text.", hint="Save it as UTF-8.") from None
    except OSError as error:
        raise ConfigError(
            f"--hourly is {given!r}, which is no list of numbers, and as a file it cannot be read:"
            f" {error.strerror}.",
            hint="Write 24 numbers for a day or 168 for a week: 20,10,5,0,…",
        ) from None
