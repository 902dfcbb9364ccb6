"""Every rule of the doctor, from both sides, and what it says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hipflask.cloudrun.codes import CODES
from hipflask.cloudrun.doctor import Facts, Report, Section, examine
from hipflask.cloudrun.doctor.codes import DOCTOR_CODES
from hipflask.cloudrun.doctor.facts import Cause, Roles, Unseen
from hipflask.cloudrun.doctor.symptom import Symptom
from hipflask.cloudrun.finding import Severity
from hipflask.cloudrun.spec import ConnectionMode
from hipflask.cloudrun.spec_file import settings
from hipflask.cloudrun.validate import Context
from tests.cloudrun.doctor import google_cases, supabase_cases
from tests.cloudrun.doctor.good_facts import GOOD, SPEC, Case, at_google, codes, facts
from tests.cloudrun.specs import PASSWORD

CASES = (*google_cases.CASES, *supabase_cases.CASES)
BANNED = re.compile(r"\b(?:please|oops|simply|just|invalid)\b|!", re.IGNORECASE)
DIRECT = f"postgresql://postgres:{PASSWORD}@db.abcdefghijklmnopqrst.supabase.co:5432/postgres"


def said(given: Facts, section: Section) -> list[str]:
    """Return what is in order in a section."""
    return [each for each in examine(given).of(section) if isinstance(each, str)]


def unseen(report: Report) -> list[str]:
    return [each.reason for each in report.unseen]


def test_good_facts_have_no_finding() -> None:
    report = examine(GOOD)
    assert report.findings == ()
    assert report.is_well
    assert all(said(GOOD, section) for section in Section)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_objects(case: Case) -> None:
    assert case.code in codes(case.wrong)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_does_not_object(case: Case) -> None:
    assert case.code not in codes(case.right)


def test_every_code_has_a_case() -> None:
    assert {case.code for case in CASES} == set(DOCTOR_CODES)


def test_codes_are_not_those_of_a_spec() -> None:
    assert not set(DOCTOR_CODES) & set(CODES)
    with pytest.raises(ValueError, match="no list"):
        Symptom("cpu-value", Severity.NOTE, "", "What.", "Why.", "Remedy.")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_says_what_why_and_what_helps(case: Case) -> None:
    finding = case.finding
    for sentence in (finding.what, finding.why, finding.remedy):
        assert len(sentence) > 15
        assert len(sentence) <= 700
        assert not BANNED.search(sentence), sentence
    assert finding.what.endswith((".", ")."))
    assert finding.why.endswith((".", ")."))
    table = finding.field.startswith(("service.environment.", "service.secrets."))
    assert not finding.field or table or finding.field in settings()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_hides_the_password(case: Case) -> None:
    assert PASSWORD not in repr(examine(case.wrong))
    assert PASSWORD not in repr(case.wrong)


def test_reports_what_a_deploy_would_object_to() -> None:
    """The pooler's mode, a direct host without IPv4, and the count of connections."""
    given = facts(context=Context(database_url=DIRECT), spec=replace(SPEC, max_instances=20))
    assert {"database-ipv6", "database-mode", "connections-direct"} <= codes(given)
    assert not examine(given).is_well


def test_counts_connections() -> None:
    words = "3 instances × 4 connections = 12, of 200 in transaction mode"
    assert words in said(GOOD, Section.DATABASE)
    assert SPEC.database.connection is ConnectionMode.TRANSACTION


def test_says_what_cannot_be_seen_without_google() -> None:
    report = examine(facts(google=Unseen("gcloud projects describe failed.", Cause.SIGNED_OUT)))
    assert {each.code for each in report.findings} == {"google-signed-out"}
    assert "everything else at Google: see above" in unseen(report)
    assert "the service: see Google Cloud" in unseen(report)


def test_a_custom_role_is_not_judged() -> None:
    report = examine(at_google(roles=Roles(frozenset({"projects/corner-shop-1234/roles/deploys"}))))
    assert "role-missing" not in {each.code for each in report.findings}
    assert any("projects/corner-shop-1234/roles/deploys" in each for each in unseen(report))


def test_a_refusal_is_told_once() -> None:
    refused = Unseen("Permission denied.", Cause.DENIED, "Ask for roles/run.admin.")
    found = examine(at_google(service=refused, serving=None, invokers=refused)).findings
    assert [(each.code, each.remedy) for each in found] == [
        ("permission-missing", "Ask for roles/run.admin.")
    ]


def test_an_image_without_a_label_is_not_judged() -> None:
    report = examine(google_cases.running({"labels": {"app": "corner-shop"}}))
    assert not report.findings
    assert any("has no label commit" in each for each in unseen(report))


def test_an_unknown_commit_is_not_called_older() -> None:
    given = facts(code={"behind": None, "beyond": None})
    assert codes(given) == {"image-other"}


def test_section_puts_the_worst_first() -> None:
    given = facts(tools={"gcloud": "", "git": "", "docker_answers": False})
    places = [
        each.severity.value if isinstance(each, Symptom) else "ok"
        for each in examine(given).of(Section.TOOLS)
    ]
    assert places == ["error", "warning", "note"]
