"""What is left of a photograph: the picture and which way is up, and not where it was taken."""

from __future__ import annotations

import io
import random
from typing import Any

import pytest
from PIL import Image, ImageOps

from hipflask import without_metadata

SECRET = b"Unter den Linden 77"
GPS = {1: "N", 2: (52.0, 31.0, 2.3), 3: "E", 4: (13.0, 22.0, 47.1)}
FORMATS = ["JPEG", "PNG", "WEBP", "GIF"]


def photograph(kind: str, way: int = 1, **options: Any) -> bytes:
    """Return a picture that tells where it was taken, in every place where it can."""
    picture = Image.radial_gradient("L").resize((48, 32)).convert("P" if kind == "GIF" else "RGB")
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # ImageDescription
    exif[0x0112] = way
    exif.get_ifd(0x8825).update(GPS)
    options |= {"comment": SECRET} if kind in ("GIF", "JPEG") else {}
    if kind != "GIF":
        options |= {"exif": exif, "xmp": b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"}
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        texts = PngInfo()
        texts.add_text("Comment", SECRET.decode())
        texts.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        options["pnginfo"] = texts
        del options["xmp"]
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


@pytest.mark.parametrize("kind", FORMATS)
def test_the_place_is_gone_and_the_picture_the_same(kind: str) -> None:
    before = photograph(kind)
    assert SECRET in before
    after = without_metadata(before)
    assert SECRET not in after
    assert opened(after).format == kind
    assert opened(after).tobytes() == opened(before).tobytes()
    assert dict(opened(after).getexif()) == {}
    assert without_metadata(after) == after


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("way", range(2, 9))
def test_up_stays_up(kind: str, way: int) -> None:
    before = photograph(kind, way)
    after = without_metadata(before)
    assert dict(opened(after).getexif()) == {0x0112: way}
    assert SECRET not in after
    shown, wanted = (ImageOps.exif_transpose(opened(data)) for data in (after, before))
    assert shown.tobytes() == wanted.tobytes()


@pytest.mark.parametrize("kind", FORMATS)
def test_what_hangs_behind_the_picture_goes(kind: str) -> None:
    """Phones hang a film there, whose own metadata names the place as well."""
    clean = without_metadata(photograph(kind))
    assert without_metadata(photograph(kind) + b"ftypmp42" + SECRET) == clean


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_rows": 1}])
def test_scans_and_restarts_are_kept(options: dict[str, Any]) -> None:
    before = photograph("JPEG", **options)
    assert opened(without_metadata(before)).tobytes() == opened(before).tobytes()


def test_a_thumbnail_goes_and_the_colours_stay() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for kind in ("JPEG", "PNG", "WEBP"):
        after = without_metadata(photograph(kind, icc_profile=profile))
        assert opened(after).info["icc_profile"] == profile
    plain = without_metadata(photograph("JPEG"))
    jfxx = b"JFXX\x00\x10" + SECRET
    with_thumbnail = plain[:2] + b"\xff\xe0" + (len(jfxx) + 2).to_bytes(2) + jfxx + plain[2:]
    assert without_metadata(with_thumbnail) == plain


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_an_animation_still_moves(kind: str) -> None:
    frames = [Image.new("RGB", (48, 32), (shade, 0, 0)) for shade in (0, 90, 200)]
    before = photograph(kind, save_all=True, append_images=frames, loop=3, duration=70)
    after = without_metadata(before)
    assert SECRET not in after
    found, wanted = opened(after), opened(before)
    assert (found.n_frames, found.info["loop"]) == (wanted.n_frames, wanted.info["loop"])


@pytest.mark.parametrize("kind", FORMATS)
def test_a_broken_file_is_refused_and_nothing_worse(kind: str) -> None:
    whole = photograph(kind, 6 if kind != "GIF" else 1)
    chance = random.Random(7)
    for at in range(len(whole) - 12):
        with pytest.raises(ValueError):
            without_metadata(whole[:at])
    for _ in range(3000):
        spoilt = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        try:
            assert len(without_metadata(bytes(spoilt))) <= len(whole) + 64
        except ValueError:
            continue


@pytest.mark.parametrize("other", [b"", b"%PDF-1.7", b"<svg/>", b"RIFF\x04\x00\x00\x00WAVE", b"BM"])
def test_anything_else_is_refused(other: bytes) -> None:
    with pytest.raises(ValueError):
        without_metadata(other)
