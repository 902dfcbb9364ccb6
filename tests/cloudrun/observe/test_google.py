"""What a policy says of an account."""

from __future__ import annotations

from hipflask.cloudrun.doctor.facts import Roles
from hipflask.cloudrun.observe.google import roles_in

POLICY = {
    "bindings": [
        {"role": "roles/owner", "members": ["user:owner@example.com"]},
        {"role": "roles/editor", "members": ["user:Ann@example.com", "group:all@example.com"]},
        {"role": "roles/viewer", "members": ["domain:example.com"]},
        {"role": "roles/run.admin", "members": ["serviceAccount:ci@shop.iam.gserviceaccount.com"]},
    ]
}


def test_finds_the_account_and_possible_groups() -> None:
    groups = frozenset({"roles/editor", "roles/viewer"})
    assert roles_in(POLICY, "ann@example.com") == Roles(frozenset({"roles/editor"}), groups)


def test_finds_a_service_account() -> None:
    found = roles_in(POLICY, "ci@shop.iam.gserviceaccount.com")
    assert found.own == {"roles/run.admin"}


def test_an_empty_policy_gives_nothing() -> None:
    assert roles_in({"etag": "ACAB"}, "ann@example.com") == Roles()
