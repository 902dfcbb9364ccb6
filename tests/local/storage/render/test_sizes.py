"""How large the result is and which part of the picture it shows."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image

from hipflask.local.storage.render import Transformation
from hipflask.local.storage.render.geometry import Plan, Size, corner, plan
from tests.local.storage.render.pictures import (
    BLUE,
    GREEN,
    RED,
    WHITE,
    alike,
    file_of,
    halves,
    picture,
    quarters,
)


@pytest.mark.parametrize(
    ("source", "wish", "result"),
    [
        ((400, 200), {}, (400, 200)),
        ((400, 200), {"width": 100}, (100, 50)),
        ((400, 200), {"height": 100}, (200, 100)),
        ((400, 200), {"width": 100, "height": 100}, (100, 100)),
        ((400, 200), {"width": 100, "height": 100, "resize": "cover"}, (100, 100)),
        ((400, 200), {"width": 100, "height": 100, "resize": "contain"}, (100, 50)),
        ((400, 200), {"width": 100, "height": 100, "resize": "fill"}, (100, 100)),
        # One side alone stretches.
        ((400, 200), {"width": 100, "resize": "fill"}, (100, 200)),
        # Nothing is enlarged; cover still cuts, fill keeps the asked shape.
        ((100, 100), {"width": 200}, (100, 100)),
        ((100, 100), {"width": 200, "height": 50}, (100, 50)),
        ((100, 100), {"width": 200, "height": 200, "resize": "contain"}, (100, 100)),
        ((100, 100), {"width": 200, "height": 50, "resize": "fill"}, (100, 25)),
        ((100, 100), {"width": 400, "height": 200, "resize": "fill"}, (100, 50)),
        # Halves are rounded up, and no side becomes nothing.
        ((3, 2), {"width": 2, "resize": "contain"}, (2, 1)),
        ((301, 7), {"width": 100, "resize": "contain"}, (100, 2)),
        ((5000, 3), {"width": 10}, (10, 1)),
        ((1, 1), {"width": 1, "height": 1}, (1, 1)),
        ((1000, 801), {"width": 100, "height": 100}, (100, 100)),
    ],
)
def test_result_has_exactly_this_size(
    source: tuple[int, int], wish: dict[str, Any], result: tuple[int, int]
) -> None:
    assert picture(file_of(Image.new("RGB", source, RED)), **wish).size == result


def test_every_plan_stays_within_the_source() -> None:
    sides = (1, 2, 3, 7, 99, 100, 2500)
    for source in [Size(across, down) for across in sides for down in sides]:
        for wish in [
            Transformation(width=w, height=h, resize=r)  # type: ignore[arg-type]
            for w in (None, *sides)
            for h in (None, *sides)
            for r in (None, "contain", "fill")
        ]:
            made = plan(source, wish)
            assert 1 <= made.cropped.width <= made.scaled.width <= source.width
            assert 1 <= made.cropped.height <= made.scaled.height <= source.height


def test_cover_keeps_the_middle() -> None:
    result = picture(file_of(halves()), width=100, height=100)
    assert alike(result, (10, 50), RED)
    assert alike(result, (90, 50), BLUE)


def test_contain_and_fill_keep_everything() -> None:
    for resize in ("contain", "fill"):
        result = picture(file_of(halves()), width=100, height=100, resize=resize)
        assert alike(result, (0, 0), RED)
        assert alike(result, (99, result.height - 1), BLUE)


@pytest.mark.parametrize(
    ("gravity", "colour"),
    [("nowe", RED), ("noea", GREEN), ("sowe", BLUE), ("soea", WHITE)],
)
def test_gravity_chooses_the_corner(gravity: str, colour: tuple[int, ...]) -> None:
    # Cover leaves out one direction only, so each corner is asked of two shapes.
    wide = picture(file_of(quarters()), width=64, height=16, gravity=gravity)
    high = picture(file_of(quarters()), width=16, height=64, gravity=gravity)
    across, down = gravity.endswith("ea"), gravity.startswith("so")
    assert alike(wide, (60 if across else 3, 8), colour)
    assert alike(high, (8, 60 if down else 3), colour)


@pytest.mark.parametrize(
    ("wish", "place"),
    [
        # The middle of an odd number of spare pixels is rounded to even.
        (Transformation(), (50, 26)),
        (Transformation(gravity="ce", x_offset=10, y_offset=-0.1), (60, 16)),
        (Transformation(gravity="no", y_offset=5), (50, 5)),
        (Transformation(gravity="so", y_offset=5), (50, 45)),
        (Transformation(gravity="ea", x_offset=0.1), (80, 26)),
        (Transformation(gravity="we", x_offset=500), (100, 26)),
        (Transformation(gravity="fp", x_offset=0.0, y_offset=1.0), (0, 50)),
        (Transformation(gravity="fp", x_offset=0.5, y_offset=0.5), (50, 25)),
    ],
)
def test_offsets_move_the_part(wish: Transformation, place: tuple[int, int]) -> None:
    assert corner(Plan(Size(200, 100), Size(100, 50)), wish) == place


def test_focal_point_is_in_the_result() -> None:
    image = halves()
    image.paste(GREEN, (350, 0, 400, 200))
    result = picture(
        file_of(image), width=50, height=100, gravity="fp", x_offset=0.95, y_offset=0.5
    )
    assert alike(result, (45, 50), GREEN)


@pytest.mark.parametrize("left", [0, 170, 340])
def test_smart_gravity_finds_what_catches_the_eye(left: int) -> None:
    image = Image.new("RGB", (400, 100), (120, 120, 120))
    for row in range(0, 100, 10):
        image.paste((255, 40, 0), (left + row % 20, row, left + 40, row + 10))
    result = picture(file_of(image), width=100, height=100, gravity="sm").convert("RGB")
    orange = sum(pixel[0] > 200 for pixel in result.crop((0, 0, *result.size)).get_flattened_data())
    assert orange > 2800  # of 3500
