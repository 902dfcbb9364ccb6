"""Every rule, from both sides, and what it says to somebody who never used Cloud Run."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace

import pytest

from hipflask.cloudrun.codes import CODES
from hipflask.cloudrun.finding import Finding, Severity
from hipflask.cloudrun.setting_types import convert
from hipflask.cloudrun.spec_file import settings
from hipflask.cloudrun.validate import validate
from tests.cloudrun.specs import GOOD, PASSWORD, Case, codes
from tests.cloudrun.validate import database_cases, name_cases, size_cases

CASES = (*size_cases.CASES, *name_cases.CASES, *database_cases.CASES)
SETTING = re.compile(r"(?:cloud|service|database)(?:\.[^.]*)+")
BANNED = re.compile(r"\b(?:please|oops|simply|just|invalid)\b|!", re.IGNORECASE)


def test_good_spec_has_no_finding() -> None:
    assert validate(GOOD) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_refuses(case: Case) -> None:
    assert case.code in codes(case.refused, case.context)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_accepts(case: Case) -> None:
    context = case.context if case.accepted_context is None else case.accepted_context
    assert case.code not in codes(case.accepted, context)


def test_every_code_has_a_case() -> None:
    assert {case.code for case in CASES} == set(CODES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_says_what_why_and_what_to_write(case: Case) -> None:
    finding = case.finding
    for sentence in (finding.what, finding.why, finding.remedy):
        assert len(sentence) > 15
        assert len(sentence) <= 330
        assert sentence.endswith((".", ")."))
        assert not BANNED.search(sentence), sentence
    assert SETTING.fullmatch(finding.field)
    assert finding.source


@pytest.mark.parametrize("case", CASES, ids=str)
def test_hides_passwords(case: Case) -> None:
    secrets = (PASSWORD, name_cases.SERVICE_ROLE, "MIIE")
    for finding in validate(case.refused, case.context):
        told = " ".join((finding.what, finding.why, finding.remedy, finding.field))
        assert not [secret for secret in secrets if secret in told]


def test_shows_no_password_in_the_context() -> None:
    assert PASSWORD not in repr(database_cases.at(database_cases.ON_6543))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("cpu-value", "[.08-1], 1.0, 2.0, 4.0, 6.0, 8.0"),
        ("cpu-fraction-concurrency", "Total cpu < 1 is not supported with concurrency > 1."),
        ("cpu-fraction-billing", "with cpu always allocated (unthrottled)."),
        ("cpu-fraction-generation", "not supported with gen2 execution environment"),
        ("memory-above-cpu", "For 0.333 CPU, memory must be between 128Mi and 512Mi inclusive"),
        ("memory-below-cpu", "memory must be between"),
        ("concurrency-range", "Must be a number between 0 and 1000"),
        ("instances-order", "must be greater than or equal to min_instance_count"),
        ("variable-reserved", "reserved env names were provided"),
        ("variable-size", "length cannot exceed 32768"),
    ],
)
def test_quotes_cloud_run(code: str, words: str) -> None:
    case = next(case for case in CASES if case.code == code)
    assert words in first(case).rejection


def first(case: Case) -> Finding:
    """The finding of the first case of a code."""
    return case.finding


def test_puts_errors_first() -> None:
    found = validate(size_cases.CPU[0].refused)
    order = [Severity.ERROR, Severity.WARNING, Severity.NOTE]
    places = [order.index(finding.severity) for finding in found]
    assert places == sorted(places)
    assert len(set(places)) > 1


def test_refuses_a_code_outside_the_list() -> None:
    with pytest.raises(ValueError, match="no list"):
        Finding("cpu-odd", Severity.NOTE, "service.cpu", "a", "b", "c")


ADVICE = re.compile(r'((?:cloud|service|database)\.[a-z_]+) = ("[^"…]*"|\d+(?:\.\d+)?|true|false)')
PIECES_OF_ADVICE = [
    pytest.param(case, setting, value, id=f"{case}: {setting} = {value}")
    for case in CASES
    if not case.context.database_url  # there the address itself must change
    for setting, value in ADVICE.findall(case.finding.remedy)
]


@pytest.mark.parametrize(("case", "setting", "value"), PIECES_OF_ADVICE)
def test_advice_helps(case: Case, setting: str, value: str) -> None:
    """Whoever writes one line of a remedy into the file does not hear the same again."""
    given = tomllib.loads(f"value = {value}")["value"]
    section, _, field = setting.partition(".")
    new = convert(settings()[setting], given)
    if section == "database":
        changed = replace(case.refused, database=replace(case.refused.database, **{field: new}))
    else:
        changed = replace(case.refused, **{field: new})
    assert case.code not in codes(changed, case.context)
