"""Options that several cloud commands have."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.image_build import Builder
from hipflask.cloudrun.plan import Options
from hipflask.cloudrun.smoke import PATIENCE
from hipflask.errors import HipFlaskError, SpecRefused, StepFailed

_Command = TypeVar("_Command", bound=Callable[..., Any])


def format_option(command: _Command) -> _Command:
    """Add ``-o``, ``--output``, ``--format``: pretty or json. With json an error is JSON, too."""
    return click.option(
        "-o",
        "--output",
        "--format",
        "form",
        type=click.Choice(["pretty", "json"]),
        default="pretty",
        metavar="FORMAT",
        help="pretty for people, json for programs.",
    )(_telling_programs(command))


def _telling_programs(command: _Command) -> _Command:
    """Write an error to standard output where the answer is for programs, and raise it on."""

    @wraps(command)
    def told(*args: Any, **given: Any) -> Any:
        try:
            return command(*args, **given)
        except StepFailed:  # a deploy has told it with its steps
            raise
        except HipFlaskError as error:
            if given.get("form") == "json":
                said: dict[str, Any] = {"message": error.message, "hint": error.hint}
                if isinstance(error, SpecRefused):
                    said["codes"] = list(error.codes)
                Terminal().json({"ok": False, "error": said})
            raise

    return cast(_Command, told)


def yes_option(command: _Command) -> _Command:
    """Add ``--yes``."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(command)


def builder_options(command: _Command) -> _Command:
    """Add what builds the image, and with which arguments."""
    for option in (
        click.option(
            "--build-arg",
            "build_args",
            multiple=True,
            metavar="NAME=VALUE",
            help="For the Dockerfile: PIP_INDEX_URL, PYTHON_IMAGE, … Repeatable.",
        ),
        click.option(
            "--builder",
            type=click.Choice([each.value for each in Builder]),
            default=Builder.DOCKER.value,
            show_default=True,
            help="What builds the image; cloudbuild does it at Google.",
        ),
    ):
        command = option(command)
    return command


def release_options(command: _Command) -> _Command:
    """Add how a new revision is tried and brought to visitors."""
    for option in (
        click.option("--adopt", is_flag=True, help="Take over a service made by something else."),
        click.option("--no-smoke", is_flag=True, help="Do not try the revision before visitors."),
        click.option(
            "--smoke-timeout",
            type=click.FloatRange(0, 600),
            default=PATIENCE,
            show_default=True,
            metavar="SECONDS",
            help="How long a page may be away before the try has failed.",
        ),
        click.option(
            "--smoke-path",
            "smoke_paths",
            multiple=True,
            metavar="PATH",
            help="Pages that must answer 200 (/health, /ready, /login). Repeatable.",
        ),
        click.option(
            "--secrets-file",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            help="Values for Secret Manager, NAME=value. [default: .env.production]",
        ),
        click.option(
            "--canary",
            type=click.IntRange(1, 100),
            default=100,
            metavar="PERCENT",
            help="Give the new revision so much of the traffic only.",
        ),
    ):
        command = option(command)
    return command


def options_of(
    *,
    builder: str = Builder.DOCKER.value,
    build_args: tuple[str, ...] = (),
    canary: int = 100,
    no_migrations: bool = False,
    no_smoke: bool = False,
    adopt: bool = False,
) -> Options:
    """Return the options as the plan takes them. Raises BadParameter."""
    pairs = {}
    for pair in build_args:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not NAME=VALUE.", param_hint="--build-arg")
        pairs[name] = value
    return Options(Builder(builder), pairs, canary, not no_migrations, not no_smoke, adopt)
