"""The regions of Cloud Run and their price tiers, as the price list names them. Pure."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from hipflask.cloudrun.prices import Prices, list_prices


@dataclass(frozen=True, slots=True)
class Region:
    """A region and its tier: 1, or 2, which costs more."""

    name: str
    tier: int


def all_regions(prices: Prices | None = None) -> tuple[Region, ...]:
    """Return every known region, by name."""
    regions = (prices or list_prices()).cloud_run.regions
    found = [Region(name, 1) for name in regions.tier_1]
    found += [Region(name, 2) for name in regions.tier_2]
    return tuple(sorted(found, key=lambda region: region.name))


def find_region(name: str, prices: Prices | None = None) -> Region | None:
    """Return the region of that name, or ``None`` when Cloud Run has none."""
    regions = (prices or list_prices()).cloud_run.regions
    if name in regions.tier_1:
        return Region(name, 1)
    return Region(name, 2) if name in regions.tier_2 else None


def nearest_regions(name: str, prices: Prices | None = None) -> tuple[str, ...]:
    """Return the names that were most likely meant, the likeliest first."""
    names = [region.name for region in all_regions(prices)]
    # us-westl1, us_west1, uswest1, US-WEST1: what fingers and fonts make of us-west1.
    plain = name.strip().lower().replace("_", "-").replace("l1", "1")
    if plain in names:
        return (plain,)
    return tuple(difflib.get_close_matches(plain, names, n=3, cutoff=0.7))
