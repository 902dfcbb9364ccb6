"""Theme and language: chosen by a form, read on the server."""

from __future__ import annotations

from collections.abc import Callable

from visitor import Visitor


def test_theme_is_in_the_first_byte(visitor: Visitor) -> None:
    page = visitor.open("/login")
    assert "data-theme" not in page.html
    page = visitor.press("Dark")
    assert page.path.startswith("/login")
    assert '<html lang="en" data-theme="dark">' in page.html


def test_language_changes_and_stays(visitor: Visitor) -> None:
    visitor.open("/login")
    page = visitor.press("简体中文")
    assert '<html lang="zh-Hans"' in page.html
    assert "登录" in page.title
    assert "创建账号" in visitor.open("/").text


def test_language_follows_the_browser(new_visitor: Callable[..., Visitor]) -> None:
    assert "登录" in new_visitor(language="zh-CN,zh;q=0.9,en;q=0.8").open("/login").title
    assert "Sign in" in new_visitor(language="fr").open("/login").title


def test_never_leads_elsewhere(visitor: Visitor) -> None:
    visitor.open("/login")
    page = visitor.press("Dark", next="//evil.example")
    assert page.path == "/"
