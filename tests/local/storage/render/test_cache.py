"""The rendered pictures in memory are bounded."""

from __future__ import annotations

from hipflask.local.storage.render import Rendered, Transformation
from hipflask.local.storage.render.cache import Key, RenderedCache


def key(version: str) -> Key:
    return version, Transformation(width=10), ""


def test_keeps_a_picture_per_version_wish_and_format() -> None:
    cache, picture = RenderedCache(), Rendered(b"x", "image/png")
    cache.keep(key("a"), picture)
    assert cache.get(key("a")) is picture
    assert cache.get(key("b")) is None
    assert cache.get(("a", Transformation(width=11), "")) is None
    assert cache.get(("a", Transformation(width=10), "webp")) is None


def test_drops_what_was_not_asked_for_the_longest() -> None:
    cache = RenderedCache(limit=40)
    for version in "abcd":
        cache.keep(key(version), Rendered(bytes(10), "image/png"))
    cache.get(key("a"))
    cache.keep(key("e"), Rendered(bytes(10), "image/png"))
    assert [version for version in "abcde" if cache.get(key(version))] == ["a", "c", "d", "e"]


def test_does_not_keep_what_would_push_out_the_others() -> None:
    cache = RenderedCache(limit=40)
    cache.keep(key("a"), Rendered(bytes(11), "image/png"))
    assert cache.get(key("a")) is None


def test_counts_a_picture_once() -> None:
    cache = RenderedCache(limit=40)
    for _ in range(9):
        cache.keep(key("a"), Rendered(bytes(10), "image/png"))
    for version in "bcd":
        cache.keep(key(version), Rendered(bytes(10), "image/png"))
    assert cache.get(key("a")) is not None
