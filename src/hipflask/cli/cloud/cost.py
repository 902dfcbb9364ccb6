"""`hipflask cloud cost`: what a month costs, before anything is sent."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click

from hipflask.cli.cloud.options import format_option
from hipflask.cli.cloud.sections import SectionedCommand, option, options
from hipflask.cli.cloud.service_options import read_service, service_options, stop_if_rejected
from hipflask.cli.cloud.text import print_lines
from hipflask.cli.cloud.traffic_options import (
    assume_option,
    read_profile_options,
    size_options,
    traffic_options,
)
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.chart.draw import chart_png, chart_svg
from hipflask.cloudrun.chart.words import LANGUAGES
from hipflask.cloudrun.cost.growth import growth
from hipflask.cloudrun.cost.report import CostReport, cost_report
from hipflask.cloudrun.cost.supabase import Plan, choose
from hipflask.cloudrun.cost.table import text_lines
from hipflask.errors import ConfigError

_SUPABASE: Final = "Supabase"
_OUTPUT: Final = "Output"
_SUFFIXES: Final = (".svg", ".png")

supabase_options = options(
    option(
        _SUPABASE,
        "--supabase-plan",
        type=click.Choice([plan.value for plan in Plan]),
        help="Otherwise the one that has database.compute.",
    ),
    option(_SUPABASE, "--supabase-compute", metavar="SIZE", help="Of the database: micro, small."),
    option(_SUPABASE, "--no-spend-cap", is_flag=True, help="Pro charges more, and stops nothing."),
)
output_options = options(
    option(_OUTPUT, "--chart", metavar="FILE", help="Cost against traffic, as .svg or .png."),
    option(
        _OUTPUT,
        "--language",
        type=click.Choice(list(LANGUAGES)),
        default="en",
        help="Of the chart.",
    ),
)


@click.command(cls=SectionedCommand, short_help="Say what a month costs.")
@traffic_options
@size_options
@assume_option
@service_options
@supabase_options
@output_options
@format_option
def cost(**given: Any) -> None:
    """Say what a month costs, what of it is free, and which limit comes first.

    \b
    Example: hipflask cloud cost --requests 1M --latency 150ms --chart cost.svg
    """
    terminal = Terminal()
    chart = _chart_file(given["chart"])
    profile = read_profile_options(given)
    spec = read_service(terminal, given)
    choice = choose(
        spec,
        plan=given["supabase_plan"],
        compute=given["supabase_compute"],
        spend_cap=not given["no_spend_cap"],
    )
    rejected = stop_if_rejected(terminal, spec, profile, choice)
    if rejected is not None:
        if given["form"] == "json":
            terminal.json(rejected.to_json())
        sys.exit(1)
    report = cost_report(spec, profile, choice)
    if chart is not None:
        _write_chart(chart, report, given["language"])
    if given["form"] == "json":
        terminal.json(report.to_json())
    else:
        print_lines(text_lines(report), terminal)
    if chart is not None:
        terminal.line(f"Wrote {chart}")


def _chart_file(given: str | None) -> Path | None:
    """Return where the chart goes, or raise ConfigError before anything is computed."""
    if given is None:
        return None
    path = Path(given)
    if path.suffix.lower() not in _SUFFIXES:
        raise ConfigError(
            f"--chart is {given!r}, but a chart is an .svg or a .png file.",
            hint="Write --chart cost.svg",
        )
    if not path.parent.is_dir():
        raise ConfigError(
            f"The chart cannot be written: there is no folder {path.parent}.",
            hint="Make the folder, or name another.",
        )
    return path


def _write_chart(path: Path, report: CostReport, language: str) -> None:
    svg = chart_svg(report, growth(report), language=language)
    is_png = path.suffix.lower() == ".png"
    content = chart_png(svg) if is_png else svg.encode("utf-8")
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}.", hint="Name another file."
        ) from None
