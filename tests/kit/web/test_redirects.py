"""Open redirects: every spelling of "somewhere else" that a browser or a proxy might accept."""

from __future__ import annotations

import pytest
from flask import Flask

from hipflask import safe_next
from hipflask.kit.web.origins import origin_of
from hipflask.kit.web.redirects import is_safe_path


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/dashboard",
        "/notes/1?page=2#top",
        "/notes?back=https://elsewhere.example/",
        "/笔记",
        "/a%20b",
        "/search?q=a%2F%2Fb",
    ],
)
def test_own_pages_are_allowed(path: str) -> None:
    assert is_safe_path(path)


@pytest.mark.parametrize(
    "target",
    [
        "",
        "dashboard",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",  # browsers remove tab and line feed before they parse
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/ /evil.example",
        "https:evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/%2Fevil.example",
        "/%2fevil.example",
        "/%5Cevil.example",
        "%2F%2Fevil.example",
        "/%252Fevil.example",
        "/%25252Fevil.example",
        "/%09/evil.example",
        "/%0d%0aSet-Cookie:x=y",
        "/\r\nSet-Cookie: x=y",
        "/.//evil.example",
        "/x/..//evil.example",
        "/\x00",
        "/\x7f",
        "/\x85/evil.example",
        "/%ff%fe",
        "/" + "a" * 2000,
        "/%" + "25" * 9 + "2Fevil.example",
    ],
)
def test_anywhere_else_is_refused(target: str) -> None:
    assert not is_safe_path(target)


def test_safe_next_falls_back(app: Flask) -> None:
    with app.test_request_context():
        assert safe_next("//evil.example", "/dashboard") == "/dashboard"
        assert safe_next(None) == "/"
        assert safe_next("/notes") == "/notes"


def test_safe_next_shortens_our_own_address(app: Flask) -> None:
    with app.test_request_context():
        assert safe_next("http://localhost/notes?page=2") == "/notes?page=2"


@pytest.mark.parametrize(
    "target",
    [
        "http://localhost.evil.example/",
        "http://localhost@evil.example/",
        "http://localhost//evil.example",
    ],
)
def test_an_address_that_only_begins_like_ours_is_refused(app: Flask, target: str) -> None:
    with app.test_request_context():
        assert safe_next(target, "/start") == "/start"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Example.org/x?y", "https://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("http://example.org:8080/", "http://example.org:8080"),
        ("http://[::1]:80/", "http://[::1]"),
        ("https://user@evil.example", "https://evil.example"),
        ("null", ""),
        ("ftp://example.org", ""),
        ("https://example.org:port", ""),
        ("https://", ""),
        ("https://[::1", ""),
    ],
)
def test_origin(url: str, origin: str) -> None:
    assert origin_of(url) == origin
