"""The doctor's report on the terminal and as JSON."""

from __future__ import annotations

from typing import Any, Final

from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.doctor import Report, Section
from hipflask.cloudrun.doctor.facts import Unseen
from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.spec_file import SpecFile

_STYLES: Final = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}
_WIDTH: Final = 9


def show_report(terminal: Terminal, report: Report, file: SpecFile) -> None:
    """Write the sections: a quiet line for what is in order, more for the rest."""
    for number, section in enumerate(Section):
        said = report.of(section)
        if not said:
            continue
        if number:
            terminal.result()
        terminal.result(terminal.styled(section.value, "bold"))
        for each in said:
            if isinstance(each, Finding):
                _show_finding(terminal, each, file)
            elif isinstance(each, Unseen):
                _show(terminal, "not seen", "dim", terminal.styled(each.reason, "dim"))
            else:
                _show(terminal, "ok", "green", terminal.styled(each, "dim"))


def summary_of(report: Report) -> str:
    """Return the report in one line."""
    kinds = [finding.severity for finding in report.findings]
    parts = [_count(kinds.count(kind), kind.value) for kind in Severity if kind in kinds]
    if report.unseen:
        parts.append(f"{len(report.unseen)} not seen")
    return ", ".join(parts) or "everything is in order"


def report_json(report: Report, file: SpecFile) -> dict[str, Any]:
    """Return the report for machines."""
    found: dict[str, list[Any]] = {"findings": [], "in_order": [], "not_seen": []}
    for section in Section:
        name = section.name.lower()
        for each in report.of(section):
            if isinstance(each, Finding):
                found["findings"].append({"section": name, **_finding_json(each, file)})
            elif isinstance(each, Unseen):
                found["not_seen"].append({"section": name, "what": each.reason})
            else:
                found["in_order"].append({"section": name, "what": each})
    return {"ok": report.is_well, **found}


def _show_finding(terminal: Terminal, finding: Finding, file: SpecFile) -> None:
    line = file.line_of(finding.field) if finding.field else None
    where = f"{file.name}, line {line}: " if line else ""
    kind = finding.severity
    code = terminal.styled(f"[{finding.code}]", "dim")
    _show(terminal, kind.value, _STYLES[kind], f"{where}{finding.what}  {code}")
    for text in (finding.why, finding.remedy, *([finding.rejection] if finding.rejection else [])):
        for each in text.splitlines():
            terminal.result(f"  {'':{_WIDTH}}{each}")


def _show(terminal: Terminal, kind: str, style: str, text: str) -> None:
    first, *rest = text.splitlines()
    terminal.result(f"  {terminal.styled(f'{kind:{_WIDTH}}', style)}{first}")
    for each in rest:
        terminal.result(f"  {'':{_WIDTH}}{each}")


def _finding_json(finding: Finding, file: SpecFile) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "setting": finding.field,
        "line": file.line_of(finding.field) if finding.field else None,
        "what": finding.what,
        "why": finding.why,
        "remedy": finding.remedy,
        "rejection": finding.rejection,
        "source": finding.source,
    }


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
