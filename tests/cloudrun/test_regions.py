"""Regions, their tiers, and names that were almost right."""

from __future__ import annotations

import pytest

from hipflask.cloudrun.finding import Finding
from hipflask.cloudrun.regions import all_regions, find_region, nearest_regions
from hipflask.cloudrun.validate import validate
from tests.cloudrun.specs import spec


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("us-west1", 1),
        ("us-west2", 2),
        ("asia-east1", 1),
        ("asia-east2", 2),
        ("asia-southeast3", 1),
        ("europe-west2", 2),
        ("northamerica-south1", 1),
    ],
)
def test_region_has_its_tier(name: str, tier: int) -> None:
    region = find_region(name)
    assert region is not None
    assert region.tier == tier


def test_no_region_stands_in_both_tiers() -> None:
    names = [region.name for region in all_regions()]
    assert len(names) == len(set(names))
    assert len(names) > 40


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("us-westl1", "us-west1"),
        ("US-WEST1", "us-west1"),
        ("us_west1", "us-west1"),
        ("uswest1", "us-west1"),
        ("europe-west11", "europe-west1"),
    ],
)
def test_finds_what_was_meant(typed: str, meant: str) -> None:
    assert find_region(typed) is None
    assert meant in nearest_regions(typed)


def test_source_documents_region_is_mended() -> None:
    found: Finding = validate(spec(region="us-westl1"))[0]
    assert found.what == 'Cloud Run has no region "us-westl1".'
    assert found.remedy == 'Set cloud.region = "us-west1".'


def test_far_off_name_leads_to_the_list() -> None:
    found = validate(spec(region="zzz"))[0]
    assert "gcloud run regions list" in found.remedy
