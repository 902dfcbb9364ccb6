"""Findings about a service on the terminal, with the nearest settings that Cloud Run takes."""

from __future__ import annotations

from collections.abc import Sequence

from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.nearest import nearest
from hipflask.cloudrun.spec_file import SpecFile
from hipflask.errors import SpecRefused

_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


def show_findings(terminal: Terminal, file: SpecFile, findings: Sequence[Finding]) -> None:
    """Write each finding: what, why, what to do, Cloud Run's own words."""
    for finding in findings:
        line = file.line_of(finding.field)
        where = f"{file.name}, line {line}: " if line else ""
        kind = terminal.styled(finding.severity.value.capitalize(), _STYLES[finding.severity])
        terminal.line(f"{kind}: {where}{finding.what}  [{finding.code}]")
        terminal.line(f"  {finding.why}")
        terminal.line(f"  {finding.remedy}")
        if finding.rejection:
            terminal.line(f"  Cloud Run would answer: {finding.rejection}")
        terminal.line()


def refuse_errors(terminal: Terminal, file: SpecFile, findings: Sequence[Finding]) -> None:
    """Show the findings; raise SpecRefused where one of them stops a deploy."""
    show_findings(terminal, file, findings)
    errors = [finding for finding in findings if finding.is_error]
    if not errors:
        return
    show_nearest(terminal, file)
    number = "One setting" if len(errors) == 1 else f"{len(errors)} settings"
    raise SpecRefused(
        f"{number} of {file.name} cannot be deployed; nothing was sent.",
        codes=[finding.code for finding in errors],
        hint=f"Correct {file.name} as said above and repeat.",
    )


def show_nearest(terminal: Terminal, file: SpecFile) -> None:
    """Write the valid settings nearest to a size that Cloud Run rejects."""
    proposals = nearest(file.spec)
    if not proposals:
        return
    terminal.line("Settings that Cloud Run takes:")
    for proposal in proposals:
        price = proposal.price_of_a_busy_hour
        cost = f", ${price:.4f} an hour of work" if price is not None else ""
        mark = " (recommended)" if proposal.recommended else ""
        terminal.line(f"  {proposal.title}{cost}{mark}")
        for change in proposal.changes:
            terminal.line(f"    {change}")
        terminal.line(f"    {proposal.comment}")
    terminal.line()
