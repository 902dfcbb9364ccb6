"""Dates, sizes and numbers as people of each language write them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
from flask import Flask, render_template_string

from hipflask.kit.web import formats

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)

In = Callable[[str, Callable[[], str]], str]


@pytest.fixture
def speak(app: Flask) -> In:
    """Calls a function as a visitor of a language."""

    def call(language: str, function: Callable[[], str]) -> str:
        with app.test_request_context(headers={"Accept-Language": language}):
            return function()

    return call


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (0, "just now", "刚刚"),
        (59, "just now", "刚刚"),
        (60, "1 minute ago", "1 分钟前"),
        (119, "1 minute ago", "1 分钟前"),
        (3599, "59 minutes ago", "59 分钟前"),
        (3600, "1 hour ago", "1 小时前"),
        (86399, "23 hours ago", "23 小时前"),
        (86400, "1 day ago", "1 天前"),
        (7 * 86400 - 1, "6 days ago", "6 天前"),
        (7 * 86400, "25 Feb 2026", "2026 年 2 月 25 日"),
        (-59, "just now", "刚刚"),
        (-61, "in 1 minute", "1 分钟后"),
        (-7200, "in 2 hours", "2 小时后"),
    ],
)
def test_relative(speak: In, seconds: int, english: str, chinese: str) -> None:
    moment = NOW - timedelta(seconds=seconds)
    assert speak("en", lambda: formats.format_relative(moment, NOW)) == english
    assert speak("zh", lambda: formats.format_relative(moment, NOW)) == chinese


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1234, "1.2 kB"),
        (9_960, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (50_000_000, "50 MB"),
        (1_230_000_000, "1.2 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)
def test_size(speak: In, size: int, text: str) -> None:
    assert speak("en", lambda: formats.format_size(size)) == text


def test_size_in_chinese(speak: In) -> None:
    assert speak("zh", lambda: formats.format_size(12)) == "12 字节"
    assert speak("zh", lambda: formats.format_size(1234)) == "1.2 kB"


def test_exact_time_is_in_the_visitors_zone(app: Flask) -> None:
    cookie = "__session=" + "a" * 22 + "~..Asia/Shanghai"
    with app.test_request_context(headers={"Cookie": cookie}):
        assert formats.format_datetime(NOW) == "4 Mar 2026, 23:30 CST"
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert formats.format_datetime(NOW) == "2026 年 3 月 4 日 15:30 UTC"


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "x" * 300, "UTC\0"])
def test_an_unknown_zone_counts_as_utc(name: str) -> None:
    assert formats.time_zone(name) is UTC


def test_a_naive_time_is_read_as_utc() -> None:
    assert formats.format_iso(NOW.replace(tzinfo=None)) == "2026-03-04T15:30:00Z"


def test_iso_is_always_utc() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=8)))
    assert formats.format_iso(moment) == "2026-01-01T19:04:05Z"


def test_filters_are_there(app: Flask) -> None:
    template = "{{ 1234567 | number }} {{ 2000 | filesize }} {{ at | iso }} {{ at | date }}"
    with app.test_request_context():
        shown = render_template_string(template, at=NOW)
    assert shown == "1,234,567 2 kB 2026-03-04T15:30:00Z 4 Mar 2026"
