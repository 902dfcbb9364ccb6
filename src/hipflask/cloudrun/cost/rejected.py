"""What Cloud Run would not take has no price: what is wrong, and what the nearest costs."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Final

from hipflask.cloudrun.cost import amounts
from hipflask.cloudrun.cost.bill import Bill, estimate
from hipflask.cloudrun.cost.line import plain
from hipflask.cloudrun.cost.profile import TrafficProfile
from hipflask.cloudrun.cost.profile_words import service_json
from hipflask.cloudrun.cost.supabase import SupabaseChoice
from hipflask.cloudrun.cost.table import WIDTH, Kind, TextLine
from hipflask.cloudrun.finding import Finding
from hipflask.cloudrun.nearest import Proposal, nearest
from hipflask.cloudrun.spec import ServiceSpec
from hipflask.cloudrun.validate import sizing_errors, validate
from hipflask.errors import ConfigError

# Errors besides the size that leave a price without meaning.
_OTHERS: Final = {"region-unknown", "instances-range", "instances-order", "database-compute"}


@dataclass(frozen=True, slots=True)
class Alternative:
    """A service near the rejected one, and what the month costs with it, Supabase included."""

    proposal: Proposal
    bill: Bill


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a service cannot be priced, and the nearest that can."""

    findings: tuple[Finding, ...]
    alternatives: tuple[Alternative, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return {
            "rejected": [
                {"code": x.code, "setting": x.field, "what": x.what, "remedy": x.remedy}
                for x in self.findings
            ],
            "alternatives": [
                {
                    "title": x.proposal.title,
                    "recommended": x.proposal.recommended,
                    "total": plain(x.bill.total),
                    "rejected_requests": plain(x.bill.use.rejected),
                    "changes": list(x.proposal.changes),
                    "service": service_json(x.proposal.spec),
                }
                for x in self.alternatives
            ],
        }

    def lines(self) -> list[TextLine]:
        """Return the text: each finding, then each alternative with its price."""
        made: list[TextLine] = []
        for finding in self.findings:
            made += _wrapped(f"{finding.field}: {finding.what}", 2, Kind.STOPPED)
            made += _wrapped(finding.why, 4) + _wrapped(finding.remedy, 4)
        if not self.alternatives:
            return made
        heading = "  The nearest that it takes, with this traffic"
        made += [TextLine(), TextLine(heading, Kind.HEADING)]
        for each in self.alternatives:
            proposal = each.proposal
            recommended = " (recommended)" if proposal.recommended else ""
            made.append(TextLine(f"    {proposal.title}{recommended}"))
            made += _wrapped(_price(each), 6)
            for text in (*proposal.changes, proposal.comment):
                made += _wrapped(text, 6, Kind.ASIDE)
        return made


def rejection(
    spec: ServiceSpec, profile: TrafficProfile, choice: SupabaseChoice
) -> Rejection | None:
    """Return why the service has no price; ``None`` where it has one."""
    others = [x for x in validate(spec) if x.is_error and x.code in _OTHERS]
    found = (*sizing_errors(spec), *others)
    if not found:
        return None
    priced = () if others else nearest(spec)
    alternatives = (Alternative(x, estimate(x.spec, profile, choice)) for x in priced)
    return Rejection(found, tuple(alternatives))


def check_length(profile: TrafficProfile, spec: ServiceSpec) -> None:
    """Raise ConfigError for requests that Cloud Run ends before they are answered."""
    if profile.latency > spec.timeout.seconds:
        raise ConfigError(
            f"A request takes {amounts.seconds(profile.latency)}, but the service ends it after"
            f" {spec.timeout.seconds} s (service.timeout).",
            hint=f"A bare number is seconds: write {plain(profile.latency)}ms for milliseconds.",
        )


def _price(alternative: Alternative) -> str:
    month, busy = alternative.bill.total, alternative.proposal.price_of_a_busy_hour
    refused = alternative.bill.use.rejected
    said = f"{amounts.dollars(month)} a month"
    if busy is not None:
        said += f", ${busy:.4f} for a busy hour of one instance"
    return f"{said}; refuses {amounts.requests(refused)} requests" if refused else said


def _wrapped(text: str, indent: int, kind: Kind = Kind.PLAIN) -> list[TextLine]:
    space = " " * indent
    lines = wrap(text, WIDTH, initial_indent=space, subsequent_indent=space)
    return [TextLine(line, kind) for line in lines]
