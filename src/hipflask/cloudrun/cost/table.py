"""The report as a text table for a terminal. Plain text: who prints it adds colour, if any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Final

from hipflask.cloudrun.cost import amounts
from hipflask.cloudrun.cost.limits import Consequence
from hipflask.cloudrun.cost.line import Line
from hipflask.cloudrun.cost.report import CostReport
from hipflask.cloudrun.spec import Billing

_WIDTH: Final = 80
_CONSEQUENCES: Final = {
    Consequence.CHARGED: "charged",
    Consequence.STOPS: "it stops",
    Consequence.REFUSED: "429",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; ``is_heading`` names a service and has no figures of its own."""

    name: str
    used: str = ""
    free: str = ""
    share: str = ""
    cost: str = ""
    is_heading: bool = False
    is_total: bool = False

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The texts from left to right."""
        return (self.name, self.used, self.free, self.share, self.cost)


def rows(report: CostReport) -> list[Row]:
    """Return the table's rows: a heading for each service, its lines, and the total."""
    made: list[Row] = []
    service = ""
    for line in report.bill.lines:
        if line.service != service:
            service = line.service
            made.append(Row(service, is_heading=True))
        made.append(_row(line))
    made.append(Row("Total", cost=amounts.dollars(report.bill.total), is_total=True))
    return made


def text_table(report: CostReport) -> str:
    """Return the whole report as text; the last line says what comes next."""
    table = [Row("", "Used", "Free", "", "Cost"), *rows(report)]
    cells = [_shown(row) for row in table]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    lines = [_heading(report), ""]
    for row in table:
        if row.is_total:
            lines.append("  " + "-" * (sum(widths) + 2 * (len(widths) - 1)))
        lines.append(_aligned(_shown(row), widths))
    for part in ([*_refusals(report), _worst_case(report)], report.assumptions()):
        lines.append("")
        for sentence in part:
            lines += wrap(sentence, _WIDTH, initial_indent="  ", subsequent_indent="    ")
    return "\n".join([*lines, "", _last_line(report)])


def _heading(report: CostReport) -> str:
    spec, profile = report.bill.spec, report.bill.profile
    billing = "request-based" if spec.billing is Billing.REQUEST else "instance-based"
    name = f"{spec.name} in {spec.region}" if spec.name else spec.region
    size = f"{spec.cpu} vCPU, {amounts.memory(spec.memory)}"
    return (
        f"A month of {name}: {amounts.requests(profile.requests)} requests of "
        f"{amounts.seconds(profile.latency)}\n{size}, {billing} billing"
    )


def _row(line: Line) -> Row:
    share = line.used_share
    return Row(
        line.item,
        f"{amounts.quantity(line.used)} {line.unit}",
        "" if line.free is None else amounts.quantity(line.free),
        "" if share is None else amounts.percent(share),
        "stops" if line.stops and line.is_exceeded else amounts.dollars(line.cost),
    )


def _shown(row: Row) -> tuple[str, ...]:
    indent = "" if row.is_heading or row.is_total else "  "
    return (indent + row.name, *row.cells[1:])


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *figures = zip(cells, widths, strict=True)
    shown = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in figures)]
    return ("  " + "  ".join(shown)).rstrip()


def _refusals(report: CostReport) -> Iterator[str]:
    use = report.bill.use
    if use.rejected:
        yield (
            f"Refused: {amounts.requests(use.rejected)} requests find no room on "
            f"{_instances(use.peak_instances)}."
        )
    for line in report.bill.stopped:
        yield (
            f"{line.service} stops or restricts: {line.item.lower()} is "
            f"{amounts.quantity(line.used)} of {amounts.quantity(line.free or line.used)} "
            f"{line.unit}."
        )


def _worst_case(report: CostReport) -> str:
    worst = report.worst_case
    return (
        f"At most, with {_instances(worst.instances)} busy all month: "
        f"{amounts.dollars(worst.for_instances)} for the instances, and "
        f"{amounts.dollars(worst.for_traffic)} for everything else, if all "
        f"{amounts.requests(worst.requests)} requests that they can answer come."
    )


def _last_line(report: CostReport) -> str:
    if report.bill.use.rejected:
        return (
            f"Next: set max_instances to {report.instances_needed} for the busiest hour, or accept "
            "that requests are refused."
        )
    limit = report.next_limit
    return (
        f"Next limit: {limit.name}, at {amounts.requests(limit.requests)} requests a month "
        f"(then {_CONSEQUENCES[limit.consequence]})"
    )


def _instances(number: int) -> str:
    return f"{number} instance" if number == 1 else f"{number} instances"
