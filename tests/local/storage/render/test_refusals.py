"""What is not rendered: too large, broken, or no picture at all."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from threading import BoundedSemaphore

import pytest
from PIL import Image

from hipflask.local.storage.render import Limits, RenderError, Transformation, render, renderer
from tests.local.storage.render.pictures import RED, file_of, halves, quarters, rendering

INVALID = "The source image is invalid or unsupported for rendering"
TOO_MANY_PIXELS = "The source image resolution is too large to process"
TOO_LARGE = "The source image file is too large to process"


def refusal(content: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(RenderError) as refused:
        rendering(content, width=10, limits=limits)
    assert (refused.value.code, refused.value.status) == ("InvalidRequest", 400)
    return str(refused.value)


def png_claiming(width: int, height: int) -> bytes:
    """Return a small PNG of that many black pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packer = zlib.compressobj(9)
    rows = (
        b"".join(packer.compress(bytes((width + 7) // 8 + 1)) for _ in range(height))
        + packer.flush()
    )
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"not an image at all" * 100,
        b"%PDF-1.7\n" + b"0" * 100,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\0" * 50,
        bytes.fromhex("00000010667479706d69663100000000"),
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"RIFF\x1a\x00\x00\x00WEBPVP8L" + b"\0" * 30,
        b"\x00\x00\x01\x00\x00\x00",
        b"\x00\x00\x01\x00\xff\xff" + b"\xff" * 64,
        b"II*\x00" + b"\xff" * 64,
        b"BM" + b"\xff" * 64,
        b"<!doctype html><script>alert(1)</script>",
        b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf" + b"\0" * 50,
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    assert refusal(content) == INVALID


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF", "ICO"])
def test_half_a_picture_is_refused(kind: str) -> None:
    noise = Image.effect_noise((128, 128), 90).convert("RGB")
    content = file_of(noise, kind)
    assert rendering(content).body
    assert refusal(content[: len(content) // 2]) == INVALID


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF", "ICO"])
def test_damage_anywhere_gives_a_picture_or_a_refusal(kind: str) -> None:
    content, refusals = file_of(quarters(), kind), set()
    for place in range(min(len(content), 400)):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        try:
            assert rendering(bytes(damaged), width=10).body
        except RenderError as refused:
            refusals.add(str(refused))
    assert refusals <= {INVALID, TOO_MANY_PIXELS}


def test_a_file_of_25_megabytes_is_the_largest() -> None:
    content = file_of(halves())
    largest = content.ljust(25_000_000, b"\0")
    assert rendering(largest, width=10).body
    assert refusal(largest + b"\0") == TOO_LARGE


def test_too_large_a_file_is_not_even_read() -> None:
    class Unreadable(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("read")

    with pytest.raises(RenderError, match=TOO_LARGE):
        render(Unreadable(b"0" * 11), Transformation(), limits=Limits(file_size=10))


def test_fifty_megapixels_are_the_most() -> None:
    assert rendering(png_claiming(10_000, 5_000), width=10).body
    assert refusal(png_claiming(10_000, 5_001)) == TOO_MANY_PIXELS


@pytest.mark.parametrize("width", [8_000, 12_000, 20_000])
def test_a_bomb_is_refused(width: int) -> None:
    bomb = png_claiming(width, width)
    assert len(bomb) < 100_000
    assert refusal(bomb) == TOO_MANY_PIXELS


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell a process's peak so")
def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    # In a process of its own, without our settings for warnings, that has seen a small picture.
    (tmp_path / "small").write_bytes(png_claiming(10, 10))
    (tmp_path / "bomb").write_bytes(png_claiming(12_000, 12_000))
    program = """
import resource, sys
from hipflask.local.storage.render import RenderError, Transformation, render

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

render(open("small", "rb"), Transformation())
before = peak()
try:
    render(open("bomb", "rb"), Transformation())
except RenderError as refused:
    unit = 1 if sys.platform == "darwin" else 1024
    print((peak() - before) * unit < 8_000_000, refused)
"""
    outcome = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert outcome.stdout.strip() == f"True {TOO_MANY_PIXELS}", outcome.stderr


def test_a_bomb_in_an_icon_is_refused() -> None:
    bomb = png_claiming(12_000, 12_000)
    icon = b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(bomb), 22) + bomb
    assert refusal(icon) == TOO_MANY_PIXELS


def test_an_icon_that_lies_about_a_bitmaps_size_is_refused() -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 30_000, 60_000, 1, 32, 0, 0, 0, 0, 0, 0)
    icon = b"\0\0\1\0\1\0" + struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, 99, 22) + header
    assert refusal(icon.ljust(200, b"\0")) == INVALID


def test_a_webp_that_announces_too_much_is_refused_before_its_decoder_reserves_it() -> None:
    content = bytearray(
        file_of(halves(), "WEBP", save_all=True, append_images=[Image.new("RGB", (400, 200), RED)])
    )
    assert content[12:16] == b"VP8X"
    content[24:30] = b"\xfe\x3f\x00\xfe\x3f\x00"
    assert refusal(bytes(content)) == TOO_MANY_PIXELS


@pytest.mark.parametrize("options", [{"lossless": True}, {}])
def test_the_size_of_every_kind_of_webp_is_seen(options: dict[str, bool]) -> None:
    content = file_of(halves(300, 200), "WEBP", **options)
    assert rendering(content, limits=Limits(pixels=60_000)).body
    assert refusal(content, Limits(pixels=59_999)) == TOO_MANY_PIXELS


def test_who_finds_every_worker_busy_is_told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = BoundedSemaphore(1)
    busy.acquire()
    monkeypatch.setattr(renderer, "_WORKERS", busy)
    with pytest.raises(RenderError, match="Image request timed out") as refused:
        rendering(file_of(halves()), limits=Limits(seconds_to_wait=0.01))
    assert (refused.value.code, refused.value.status) == ("InternalError", 503)


def test_a_refusal_frees_the_worker() -> None:
    for _ in range(20):
        refusal(b"GIF89a", Limits(seconds_to_wait=0.1))
