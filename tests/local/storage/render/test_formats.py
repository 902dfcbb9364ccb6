"""Which format comes out, and how good it is."""

from __future__ import annotations

import pytest
from PIL import Image

from tests.local.storage.render.pictures import (
    ACCEPT,
    BLUE,
    RED,
    alike,
    file_of,
    halves,
    picture,
    rendering,
    seen,
)

CLEAR_RED = Image.new("RGBA", (64, 64), (255, 0, 0, 128))


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("JPEG", "jpeg"),
        ("PNG", "png"),
        ("GIF", "gif"),
        ("BMP", "jpeg"),
        ("TIFF", "jpeg"),
        ("WEBP", "jpeg"),
        ("AVIF", "jpeg"),
    ],
)
def test_web_formats_stay_and_others_become_jpeg(source: str, result: str) -> None:
    made = rendering(file_of(halves(), source), width=100)
    assert made.media_type == f"image/{result}"
    assert alike(seen(made), (10, 25), RED)
    assert alike(seen(made), (90, 25), BLUE)


@pytest.mark.parametrize("source", ["WEBP", "AVIF", "TIFF", "ICO"])
def test_transparency_makes_it_png(source: str) -> None:
    result = picture(file_of(CLEAR_RED, source), width=32)
    assert result.format == "PNG"
    assert alike(result, (16, 16), (255, 0, 0, 128))


@pytest.mark.parametrize("source", ["JPEG", "PNG", "GIF", "TIFF", "WEBP", "AVIF"])
def test_browsers_that_accept_webp_get_it(source: str) -> None:
    made = rendering(file_of(halves(), source), accept=ACCEPT)
    assert made.media_type == "image/webp"
    assert alike(seen(made), (10, 100), RED)


def test_browsers_that_do_not_accept_webp_keep_the_format() -> None:
    assert rendering(file_of(halves()), accept="image/avif,*/*").media_type == "image/png"


def test_origin_keeps_the_format_whatever_is_accepted() -> None:
    made = rendering(file_of(halves(), "JPEG"), format="origin", accept=ACCEPT)
    assert made.media_type == "image/jpeg"


@pytest.mark.parametrize("kind", ["webp", "avif"])
def test_a_named_format_needs_no_accept_header(kind: str) -> None:
    made = rendering(file_of(CLEAR_RED), format=kind)
    assert made.media_type == f"image/{kind}"
    assert alike(seen(made), (32, 32), (255, 0, 0, 128))


def test_what_is_too_small_for_avif_is_written_otherwise() -> None:
    assert rendering(file_of(halves()), width=15, format="avif").media_type == "image/jpeg"
    assert rendering(file_of(CLEAR_RED), width=15, format="avif").media_type == "image/png"
    assert rendering(file_of(halves(64, 64)), width=16, format="avif").media_type == "image/avif"


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF"])
def test_less_quality_takes_fewer_bytes(kind: str) -> None:
    noise = file_of(Image.effect_noise((200, 200), 90).convert("RGB"), kind, quality=95)
    sizes = [
        len(
            rendering(noise, quality=q, **({} if kind == "JPEG" else {"format": kind.lower()})).body
        )
        for q in (20, 80, 100)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] * 2 < sizes[2]


def test_quality_is_80_where_nothing_is_said() -> None:
    noise = file_of(Image.effect_noise((100, 100), 90), "JPEG")
    assert rendering(noise).body == rendering(noise, quality=80).body
    assert rendering(noise).body != rendering(noise, quality=79).body


def test_what_webp_cannot_hold_is_scaled_down() -> None:
    long = file_of(Image.new("RGB", (20_000, 4), RED))
    assert seen(rendering(long, format="webp")).size == (16_383, 3)
