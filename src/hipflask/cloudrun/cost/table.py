"""The report as text for a terminal. Plain text: who prints it adds colour, if any."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from textwrap import wrap
from typing import Final

from hipflask.cloudrun.cost import amounts
from hipflask.cloudrun.cost.limits import Consequence
from hipflask.cloudrun.cost.line import Line
from hipflask.cloudrun.cost.profile_words import service_words
from hipflask.cloudrun.cost.report import CostReport
from hipflask.cloudrun.cost.supabase import Plan, SupabaseChoice

WIDTH: Final = 80
_CONSEQUENCES: Final = {
    Consequence.CHARGED: "charged",
    Consequence.STOPS: "it stops",
    Consequence.REFUSED: "429",
}
# Things that come in whole numbers only.
_COUNTED: Final = {"requests", "reads", "users", "versions", "jobs"}


class Kind(enum.Enum):
    """What a line of the text is, for who gives it a colour."""

    PLAIN = "plain"
    TITLE = "title"
    HEADING = "heading"
    TOTAL = "total"
    # Something costs, or stops.
    CHARGED = "charged"
    STOPPED = "stopped"
    ASIDE = "aside"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of the text."""

    text: str = ""
    kind: Kind = Kind.PLAIN


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table; a heading names a service and has no figures of its own."""

    name: str
    used: str = ""
    free: str = ""
    share: str = ""
    cost: str = ""
    kind: Kind = Kind.PLAIN

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
            made.append(Row(service, kind=Kind.HEADING))
        made.append(_row(line))
    made.append(Row("Total", cost=amounts.dollars(report.bill.total), kind=Kind.TOTAL))
    return made


def text_table(report: CostReport) -> str:
    """Return the whole report as text; the last line says what comes next."""
    return "\n".join(line.text for line in text_lines(report))


def text_lines(report: CostReport) -> list[TextLine]:
    """Return the whole report, line by line."""
    return [
        *_title(report),
        TextLine(),
        *_table(report),
        TextLine(),
        *_limits(report),
        TextLine(),
        *_sentences(_outlook(report)),
        TextLine(),
        TextLine("  Assumptions", Kind.HEADING),
        *_sentences(report.assumptions(), Kind.ASIDE),
        TextLine(),
        *(TextLine(line, Kind.NEXT) for line in wrap(_last_line(report), WIDTH)),
    ]


def _title(report: CostReport) -> Iterator[TextLine]:
    spec, profile = report.bill.spec, report.bill.profile
    name = f"{spec.name} in {spec.region}" if spec.name else spec.region
    requests = f"{amounts.requests(profile.requests)} requests"
    latency = amounts.seconds(profile.latency)
    yield TextLine(f"A month of {name}: {requests} of {latency}", Kind.TITLE)
    yield from (TextLine(line) for line in wrap(service_words(spec), WIDTH))
    yield TextLine(_plan_words(report.bill.supabase))


def _plan_words(choice: SupabaseChoice) -> str:
    if choice.plan is Plan.FREE:
        return "Supabase's Free plan"
    return f"Supabase's Pro plan, spend cap {'on' if choice.spend_cap else 'off'}"


def _table(report: CostReport) -> Iterator[TextLine]:
    table = [Row("", "Used", "Free", "", "Cost", Kind.ASIDE), *rows(report)]
    cells = [_shown(row) for row in table]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for row in table:
        if row.kind is Kind.TOTAL:
            rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
            yield TextLine(f"  {rule}", Kind.ASIDE)
        yield TextLine(_aligned(_shown(row), widths), row.kind)


def _row(line: Line) -> Row:
    share, used = line.used_share, _used(line)
    is_stopped = line.stops and line.is_exceeded
    kind = Kind.STOPPED if is_stopped else Kind.CHARGED if line.cost else Kind.PLAIN
    return Row(
        line.item,
        f"{used} {line.unit}",
        "" if line.free is None else amounts.quantity(line.free),
        "" if share is None else amounts.percent(share if used != "0" else Decimal(0)),
        "stops" if is_stopped else amounts.dollars(line.cost),
        kind,
    )


def _used(line: Line) -> str:
    if line.unit in _COUNTED:
        return f"{line.used.quantize(Decimal(1), ROUND_HALF_UP):,}"
    return amounts.quantity(line.used)


def _shown(row: Row) -> tuple[str, ...]:
    indent = "" if row.kind in (Kind.HEADING, Kind.TOTAL) else "  "
    return (indent + row.name, *row.cells[1:])


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *figures = zip(cells, widths, strict=True)
    shown = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in figures)]
    return ("  " + "  ".join(shown)).rstrip()


def _limits(report: CostReport) -> Iterator[TextLine]:
    """List what changes as traffic grows, up to where requests are refused."""
    last = next(x.requests for x in report.limits if x.consequence is Consequence.REFUSED)
    reached = [limit for limit in report.limits if limit.requests <= last]
    amount = max(len(amounts.requests(limit.requests)) for limit in reached)
    name = max(len(limit.name) for limit in reached)
    yield TextLine("  Limits, by requests a month", Kind.HEADING)
    for limit in reached:
        text = f"{amounts.requests(limit.requests):>{amount}}  {limit.name:<{name}}"
        consequence, kind = _CONSEQUENCES[limit.consequence], Kind.PLAIN
        if limit.is_passed_by(report.bill):
            is_charged = limit.consequence is Consequence.CHARGED
            kind = Kind.CHARGED if is_charged else Kind.STOPPED
            consequence = f"passed, {consequence}"
        yield TextLine(f"    {text}  {consequence}", kind)


def _sentences(said: Iterable[str], kind: Kind = Kind.PLAIN) -> Iterator[TextLine]:
    for sentence in said:
        for line in wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="    "):
            yield TextLine(line, kind)


def _outlook(report: CostReport) -> Iterator[str]:
    use = report.bill.use
    if use.rejected:
        yield (
            f"Refused: {amounts.requests(use.rejected)} requests find no room on "
            f"{amounts.counted(Decimal(use.peak_instances), 'instance')}."
        )
    for line in report.bill.stopped:
        yield (
            f"{line.service} stops or restricts: {line.item.lower()}, "
            f"{amounts.quantity(line.used)} of {amounts.quantity(line.free or line.used)} "
            f"{line.unit}."
        )
    yield (
        f"The busiest hour takes {amounts.counted(Decimal(use.peak_instances), 'instance')}; "
        f"instances start {amounts.counted(use.starts, 'time')} in the month."
    )
    worst = report.worst_case
    yield (
        f"At most, with {amounts.counted(Decimal(worst.instances), 'instance')} busy all month: "
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
    if report.remedy is not None:
        plan, total = _plan_words(report.remedy.supabase), amounts.dollars(report.remedy.total)
        return f"Next: {plan}, has room for this; the month then costs {total}."
    limit = report.next_limit
    return (
        f"Next limit: {limit.name}, at {amounts.requests(limit.requests)} requests a month "
        f"(then {_CONSEQUENCES[limit.consequence]})"
    )
