"""Animations stay animations, as long and as often."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageSequence

from hipflask.local.storage.render import Limits, RenderError
from tests.local.storage.render.pictures import (
    ACCEPT,
    BLUE,
    GREEN,
    RED,
    alike,
    file_of,
    picture,
    rendering,
    seen,
)

COLOURS = (RED, GREEN, BLUE)
DURATIONS = [100, 250, 400]


def animated(kind: str, *, loop: int | None = 0, size: tuple[int, int] = (120, 60)) -> bytes:
    first, *others = (Image.new("RGB", size, colour) for colour in COLOURS)
    more = {} if loop is None else {"loop": loop}
    if kind == "WEBP":
        more["lossless"] = True
    return file_of(first, kind, save_all=True, append_images=others, duration=DURATIONS, **more)


def frames(image: Image.Image) -> list[tuple[Image.Image, int]]:
    found = []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        found.append((frame.convert("RGBA"), int(frame.info["duration"])))
    return found


@pytest.mark.parametrize("accept", ["", ACCEPT])
@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_every_frame_is_rendered(kind: str, accept: str) -> None:
    made = rendering(animated(kind), width=40, height=40, accept=accept)
    assert made.media_type == ("image/webp" if accept else "image/gif")
    found = frames(seen(made))
    assert [duration for _, duration in found] == DURATIONS
    for (frame, _), colour in zip(found, COLOURS, strict=True):
        assert frame.size == (40, 40)
        assert alike(frame, (20, 20), colour)


@pytest.mark.parametrize(
    ("loop", "plays"),
    [(None, 1), (0, 0), (1, 2), (4, 5)],
    ids=["once", "for ever", "twice", "five"],
)
def test_it_plays_as_often(loop: int | None, plays: int) -> None:
    content = animated("GIF", loop=loop)
    assert seen(rendering(content, accept=ACCEPT)).info["loop"] == plays
    assert seen(rendering(content)).info.get("loop") == loop
    # And back from WebP, which counts how often it plays in all.
    webp = rendering(content, accept=ACCEPT).body
    assert seen(rendering(webp)).info.get("loop") == loop


def test_avif_shows_the_first_frame() -> None:
    result = picture(animated("GIF"), format="avif")
    assert getattr(result, "n_frames", 1) == 1
    assert alike(result, (60, 30), RED)


def test_frames_after_the_limit_are_dropped() -> None:
    result = picture(animated("GIF"), limits=Limits(frames=2))
    assert [duration for _, duration in frames(result)] == DURATIONS[:2]


def test_sixty_frames_are_the_limit() -> None:
    first, *others = (Image.new("L", (8, 8), shade) for shade in range(0, 244, 4))
    content = file_of(first, "GIF", save_all=True, append_images=others, duration=50)
    assert getattr(Image.open(io.BytesIO(content)), "n_frames", 0) == 61
    assert getattr(picture(content), "n_frames", 0) == 60


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_the_resolution_is_that_of_all_frames(kind: str) -> None:
    pixels = 120 * 60 * 3
    assert rendering(animated(kind), limits=Limits(pixels=pixels)).body
    with pytest.raises(RenderError, match="resolution is too large"):
        rendering(animated(kind), limits=Limits(pixels=pixels - 1))


def test_a_transparent_pixel_does_not_show_the_frame_before() -> None:
    one = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    two = one.copy()
    one.paste((255, 0, 0, 255), (0, 0, 32, 64))
    two.paste((0, 0, 255, 255), (32, 0, 64, 64))
    # With a hole: of frames that are opaque within their bounds libwebp forgets the rest.
    one.paste((0, 0, 0, 0), (10, 10, 14, 14))
    two.paste((0, 0, 0, 0), (50, 10, 54, 14))
    content = file_of(one, "WEBP", save_all=True, append_images=[two], duration=90, lossless=True)
    for accept in ("", ACCEPT):
        (first, _), (second, _) = frames(seen(rendering(content, accept=accept)))
        assert alike(first, (8, 32), (255, 0, 0, 255))
        assert first.getpixel((56, 32))[3] == 0  # type: ignore[index]
        assert second.getpixel((8, 32))[3] == 0  # type: ignore[index]
        assert alike(second, (56, 32), (0, 0, 255, 255))


def test_a_frame_outside_the_canvas_is_refused() -> None:
    content = bytearray(animated("GIF"))
    second = content.index(b"\x2c", content.index(b"\x2c") + 1)
    content[second + 5 : second + 7] = (121).to_bytes(2, "little")
    with pytest.raises(RenderError, match="invalid or unsupported"):
        rendering(bytes(content))
