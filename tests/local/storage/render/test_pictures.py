"""Every kind of source gives the picture that a person sees, and no more than that."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from tests.local.storage.render.pictures import (
    ACCEPT,
    BLUE,
    GREEN,
    RED,
    WHITE,
    alike,
    file_of,
    halves,
    picture,
    quarters,
    rendering,
    seen,
)

ORIENTATION = 0x0112
UNDOINGS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def oriented(number: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ORIENTATION] = number
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("number", UNDOINGS)
def test_a_turned_picture_comes_out_upright(number: int, kind: str) -> None:
    # Stored as a camera stores it: turned the other way, with a note how to hold it.
    upright = quarters(128).resize((128, 64))
    stored = upright.transpose(UNDOINGS[number])
    options: dict[str, Any] = {"exif": oriented(number)}
    if kind == "TIFF":
        options = {"tiffinfo": {ORIENTATION: number}}
    result = picture(file_of(stored, kind, **options), width=64)
    assert result.size == (64, 32)
    assert alike(result, (8, 8), RED, 20)
    assert alike(result, (56, 8), GREEN, 20)
    assert alike(result, (8, 24), BLUE, 20)
    assert alike(result, (56, 24), WHITE, 20)
    assert result.getexif().get(ORIENTATION, 1) == 1


def test_a_turned_picture_is_cropped_as_it_is_seen() -> None:
    stored = halves().transpose(Image.Transpose.ROTATE_90)
    result = picture(file_of(stored, "JPEG", exif=oriented(6)), width=50, height=100, gravity="we")
    assert result.size == (50, 100)
    assert alike(result, (25, 50), RED, 20)


@pytest.mark.parametrize("accept", ["", ACCEPT])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_nothing_but_the_picture_comes_out(kind: str, accept: str) -> None:
    secret = b"Lives at 52.5200 N"
    exif = Image.Exif()
    exif[0x010E] = secret.decode()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options: dict[str, Any] = {"exif": exif, "icc_profile": profile}
    if kind == "JPEG":
        options["comment"] = secret
    if kind == "PNG":
        options["pnginfo"] = PngImagePlugin.PngInfo()
        options["pnginfo"].add_text("Comment", secret.decode())
    if kind in {"WEBP", "AVIF"}:
        options["xmp"] = secret
    content = file_of(halves(), kind, **options)
    assert secret in content
    made = rendering(content, accept=accept)
    assert secret not in made.body
    assert b"Exif" not in made.body
    assert b"acsp" not in made.body  # every colour profile's signature
    assert "comment" not in seen(made).info


def test_palettes_become_colours() -> None:
    result = picture(file_of(halves().convert("P")), width=100)
    assert alike(result, (10, 25), RED)
    assert alike(result, (90, 25), BLUE)


def test_a_palettes_transparent_colour_stays_transparent() -> None:
    image = Image.new("P", (64, 64), 1)
    image.putpalette([0, 255, 0, 255, 0, 0])
    image.paste(0, (0, 0, 32, 64))
    result = picture(file_of(image, transparency=0), width=32)
    assert alike(result, (4, 16), (0, 255, 0, 0), 255)
    assert result.convert("RGBA").getpixel((4, 16))[3] == 0  # type: ignore[index]
    assert alike(result, (28, 16), (255, 0, 0, 255))


def test_transparency_does_not_bleed_into_the_colours() -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (32, 0, 64, 64))
    result = picture(file_of(image), width=8)
    for x in range(8):
        pixel = result.convert("RGBA").getpixel((x, 4))
        assert isinstance(pixel, tuple)
        assert pixel[3] == 0 or min(pixel[:3]) > 250


def test_grey_stays_grey() -> None:
    result = picture(file_of(Image.new("L", (64, 64), 100)), width=32)
    assert (result.mode, result.getpixel((5, 5))) == ("L", 100)


def test_grey_with_transparency_keeps_both() -> None:
    result = picture(file_of(Image.new("LA", (64, 64), (100, 50))), width=32)
    assert alike(result, (5, 5), (100, 100, 100, 50), 3)


def test_black_and_white_is_smoothed() -> None:
    image = Image.new("1", (64, 64), 0)
    for x in range(0, 64, 2):
        image.paste(1, (x, 0, x + 1, 64))
    result = picture(file_of(image), width=16)
    grey = result.getpixel((8, 8))
    assert isinstance(grey, int)
    assert 100 < grey < 155


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_become_eight(kind: str) -> None:
    image = Image.new("I;16", (64, 64), 25_700)  # 100 * 257
    result = picture(file_of(image, kind), width=32)
    assert result.convert("L").getpixel((5, 5)) == 100


def test_printers_colours_become_the_webs() -> None:
    image = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    for kind in ("JPEG", "TIFF"):
        result = picture(file_of(image, kind), width=32)
        assert result.mode == "RGB"
        assert alike(result, (5, 5), RED)


def test_a_wide_gamut_becomes_srgb() -> None:
    # A LAB picture is one whose numbers mean nothing without translation.
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    image = ImageCms.profileToProfile(
        Image.new("RGB", (64, 64), GREEN), srgb, lab, outputMode="LAB"
    )
    assert image is not None
    assert alike(picture(file_of(image, "TIFF"), width=32), (5, 5), GREEN)


def test_a_profile_is_applied_before_it_is_dropped() -> None:
    # A profile that swaps red and blue: sRGB with the two colorants exchanged.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * profile[131], 12)}
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    profile = profile.replace("sRGB".encode("utf-16-be"), "swap".encode("utf-16-be"))
    content = file_of(Image.new("RGB", (64, 64), RED), icc_profile=bytes(profile))
    assert alike(picture(content), (5, 5), BLUE)


def test_a_broken_profile_or_exif_breaks_no_picture() -> None:
    broken: dict[str, Any] = {"icc_profile": b"nonsense" * 40, "exif": b"Exif\x00\x00garbage" * 9}
    assert alike(picture(file_of(halves(), "JPEG", **broken)), (10, 10), RED)


def test_the_largest_picture_of_an_icon_is_taken() -> None:
    for kind in ("png", "bmp"):
        content = file_of(
            quarters(48), "ICO", sizes=[(16, 16), (48, 48), (32, 32)], bitmap_format=kind
        )
        result = picture(content)
        assert (result.size, result.format) == (
            (48, 48),
            "PNG" if kind == "bmp" else result.format,
        )
        assert alike(result, (40, 40), WHITE)


def test_a_large_jpeg_is_shrunk_while_it_is_read_to_the_exact_size() -> None:
    content = file_of(halves(4001, 2999), "JPEG")
    result = picture(content, width=301)
    assert result.size == (301, 226)
    assert alike(result, (10, 113), RED)
    assert alike(result, (290, 113), BLUE)


def test_the_first_frame_stands_for_an_animated_png() -> None:
    file = io.BytesIO()
    halves().save(file, "PNG", save_all=True, append_images=[Image.new("RGB", (400, 200), GREEN)])
    assert alike(picture(file.getvalue(), width=100), (10, 10), RED)
