"""`hipflask cloud simulate`: traffic against a model of Cloud Run's autoscaler."""

from __future__ import annotations

import sys
from decimal import Decimal
from random import Random
from typing import Any, Final

import click

from hipflask.cli.cloud.options import format_option
from hipflask.cli.cloud.sections import SectionedCommand, option, options
from hipflask.cli.cloud.service_options import read_service, service_options, stop_if_rejected
from hipflask.cli.cloud.traffic_options import assume_option, read_profile_options, traffic_options
from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.cost.bill import Bill, bill_for
from hipflask.cloudrun.cost.cloud_run import SERVICE as CLOUD_RUN
from hipflask.cloudrun.cost.line import plain
from hipflask.cloudrun.cost.profile_words import profile_json, service_json
from hipflask.cloudrun.cost.supabase import SupabaseChoice
from hipflask.cloudrun.prices import list_prices
from hipflask.cloudrun.simulate.run import simulate as play
from hipflask.cloudrun.simulate.text import ASSUMPTIONS, simulation_text
from hipflask.cloudrun.simulate.traffic import read_traffic

_PLAYED: Final = "Played"

played_options = options(
    option(
        _PLAYED,
        "--rate",
        metavar="N",
        help="Requests a second, or 300/min; otherwise the month's busiest hours.",
    ),
    option(
        _PLAYED,
        "--duration",
        metavar="TIME",
        default="1h",
        help="How long: 10min, 24h.  [1h]",
    ),
    option(
        _PLAYED,
        "--at-once",
        metavar="N",
        default="0",
        help="So many more in the first moment.  [0]",
    ),
    option(_PLAYED, "--seed", type=int, default=1, metavar="N", help="Another chance.  [1]"),
)


@click.command(cls=SectionedCommand, short_help="Play traffic against the service.")
@played_options
@traffic_options
@assume_option
@service_options
@format_option
def simulate(**given: Any) -> None:
    """Play traffic against a model of Cloud Run's autoscaler. Nothing is sent.

    Says how many instances start, who waits, who is refused and what is billed.

    \b
    Example: hipflask cloud simulate --rate 20 --duration 10min --at-once 100
    """
    terminal = Terminal()
    traffic = read_traffic(duration=given["duration"], rate=given["rate"], at_once=given["at_once"])
    profile = read_profile_options(given)
    spec = read_service(terminal, given)
    rejected = stop_if_rejected(terminal, spec, profile, SupabaseChoice.of(spec))
    if rejected is not None:
        if given["form"] == "json":
            terminal.json(rejected.to_json())
        sys.exit(1)
    metering = list_prices().cloud_run.metering
    moments = traffic.moments(profile, metering, Random(given["seed"]))  # noqa: S311
    terminal.line(f"Playing {traffic.words(profile)}")
    played = play(moments, spec, profile, metering, duration_ms=traffic.duration_ms)
    month = _cost(bill_for(played.for_a_month(spec, profile, metering), spec, profile))
    if given["form"] == "pretty":
        terminal.result(simulation_text(played, month=month))
        return
    result = {
        "service": service_json(spec),
        "profile": profile_json(profile),
        "traffic": {**traffic.to_json(), "seed": given["seed"]},
        **played.to_json(),
        "month_like_this": plain(month),
        "assumptions": list(ASSUMPTIONS),
    }
    terminal.json(result)


def _cost(bill: Bill) -> Decimal:
    """Return Cloud Run's own part of a bill."""
    lines = (line for line in bill.lines if line.service == CLOUD_RUN)
    return sum((line.cost for line in lines), Decimal(0))
