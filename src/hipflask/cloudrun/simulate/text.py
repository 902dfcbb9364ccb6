"""A simulation as text for a terminal: what became of the requests, and the instances over time."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from textwrap import wrap
from typing import Final

from hipflask.cloudrun.cost import amounts
from hipflask.cloudrun.simulate.result import Simulation

_ROWS: Final = 12
_BAR: Final = 40
_WIDTH: Final = 80

ASSUMPTIONS: Final = (
    (
        "Documented: instances for the last minute's 60 % of the concurrency or of the CPU, and"
        " more at once for a request that finds no room; it waits for 3.5 starts, 10 s at least;"
        " an idle instance stays for 15 minutes."
    ),
    (
        "Assumed: the average is taken every 5 s; a request goes to the least busy of the instances"
        " that the average asks for; at concurrency 1 an instance with one request is full; every"
        " request takes the same time, and every start."
    ),
)


def simulation_text(simulation: Simulation, *, month: Decimal | None = None) -> str:
    """Return the simulation as text; the last line says what the result asks for.

    ``month`` is what Cloud Run would charge for a month of the same.
    """
    lines = [*_requests(simulation), "", *_instances(simulation)]
    said = [*ASSUMPTIONS]
    if month is not None:
        said.insert(0, f"A month like this costs {amounts.dollars(month)} for Cloud Run alone.")
    for sentence in said:
        lines += ["", *wrap(sentence, _WIDTH, initial_indent="  ", subsequent_indent="  ")]
    return "\n".join([*lines, "", *wrap(_advice(simulation), _WIDTH)])


def instances_at_most(simulation: Simulation, parts: int) -> list[int]:
    """Return the most instances within each of so many equal parts of the time."""
    length = max(1, simulation.duration_ms)
    most = [0] * parts
    moments = simulation.instances
    for index, moment in enumerate(moments):
        until = moments[index + 1].at_ms if index + 1 < len(moments) else length
        first = min(parts - 1, moment.at_ms * parts // length)
        last = min(parts - 1, max(moment.at_ms, until - 1) * parts // length)
        for part in range(first, last + 1):
            most[part] = max(most[part], moment.instances)
    return most


def _requests(simulation: Simulation) -> Iterator[str]:
    seconds = simulation.duration_ms / 1000
    yield f"{simulation.arrived:,} requests in {_clock(simulation.duration_ms)}"
    yield ""
    answered = ", ".join(f"{p} % in {simulation.percentile(p):,} ms" for p in (50, 95, 99))
    yield f"  Answered     {simulation.served:>9,}  {answered}"
    yield f"  Refused, 429 {simulation.refused_429:>9,}  no instance at the maximum"
    yield f"  Refused, 500 {simulation.refused_500:>9,}  instances not ready in time"
    yield f"  Waiting      {simulation.peak_waiting:>9,}  at most, at one moment"
    busy, billed = simulation.busy_ms / 1000, simulation.billed_ms / 1000
    starts = amounts.counted(Decimal(simulation.starts), "start")
    yield f"  Instances    {simulation.peak_instances:>9,}  at most, {starts}"
    yield f"  Billed       {billed:>7,.1f} s  {busy:,.1f} s of work, starts included"
    alive, average = simulation.alive_ms / 1000, simulation.alive_ms / 1000 / max(seconds, 0.001)
    yield f"  Alive        {alive:>7,.1f} s  {average:.1f} instances on average"


def _instances(simulation: Simulation) -> Iterator[str]:
    most = instances_at_most(simulation, _ROWS)
    highest = max(1, *most)
    yield "  From      Instances at most"
    for part, count in enumerate(most):
        start = simulation.duration_ms * part // _ROWS
        bar = "#" * -(-count * _BAR // highest)
        yield f"  {_clock(start)}  {count:>4}  {bar}".rstrip()


def _advice(simulation: Simulation) -> str:
    if simulation.refused_429:
        return "Next: raise max_instances or concurrency; requests were refused at the maximum."
    if simulation.refused_500:
        return "Next: start faster or keep min_instances; requests gave up before a start was over."
    usual, slow = simulation.percentile(50), simulation.percentile(99)
    if slow > 2 * usual:
        return f"No request was refused; 1 in 100 took {slow:,} ms or more."
    return "No request was refused."


def _clock(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
