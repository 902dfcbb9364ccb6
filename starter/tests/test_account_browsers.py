"""Which browser a User-Agent header means."""

from __future__ import annotations

import pytest
from app.account.browsers import read_user_agent

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
HEADERS = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/139.0.0.0 Safari/537.36": (
        "Chrome 139",
        "Windows",
    ),
    f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0": (
        "Edge 139",
        "Windows",
    ),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.5 Safari/605.1.15": ("Safari 18", "macOS"),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) Version/18.5 Mobile/15E148 Safari/604.1": ("Safari 18", "iPhone"),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
    " Gecko) CriOS/139.0.7258.76 Mobile/15E148 Safari/604.1": ("Chrome 139", "iPhone"),
    "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0": (
        "Firefox 141",
        "Linux",
    ),
    f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile"
    " Safari/537.36": ("Samsung Internet 28", "Android"),
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/139.0.0.0 Safari/537.36": (
        "Chrome 139",
        "ChromeOS",
    ),
    f"Mozilla/5.0 (Linux; Android 14) {WEBKIT} Version/4.0 Chrome/116.0 Mobile Safari/537.36"
    " MicroMessenger/8.0.60": ("WeChat 8", "Android"),
    "curl/8.14.1": ("curl 8", ""),
    "Werkzeug/3.1.3": ("Python 3", ""),
    "": ("", ""),
    "<script>alert(1)</script>": ("", ""),
}


@pytest.mark.parametrize("header", HEADERS)
def test_it_is_recognised(header: str) -> None:
    browser = read_user_agent(header)
    assert (browser.title, browser.system) == HEADERS[header]


def test_phones_look_like_phones() -> None:
    assert read_user_agent("Mozilla/5.0 (iPad; CPU OS 18_5)").symbol == "smartphone"
    assert read_user_agent("curl/8").symbol == "monitor"
