"""Where a value lands decides how it is escaped. Expected results are html/template's."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.local.auth.gotemplate import Template

EVIL = "<script>alert('x+y')</script>\" & more"
ESCAPED = "&lt;script&gt;alert(&#39;x&#43;y&#39;)&lt;/script&gt;&#34; &amp; more"


def render(source: str, value: Any) -> str:
    return Template("mail.html", source).render({"X": value})


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ .X }}", ESCAPED),
        ("<p>{{ .X }}</p>", f"<p>{ESCAPED}</p>"),
        ('<p title="{{ .X }}">', f'<p title="{ESCAPED}">'),
        ("<p title='{{ .X }}'>", f"<p title='{ESCAPED}'>"),
        ("<title>{{ .X }}</title>{{ .X }}", f"<title>{ESCAPED}</title>{ESCAPED}"),
        ("<textarea>{{ .X }}</textarea>", f"<textarea>{ESCAPED}</textarea>"),
        ("a < b {{ .X }}", f"a < b {ESCAPED}"),
    ],
)
def test_text_and_attributes(source: str, expected: str) -> None:
    assert render(source, EVIL) == expected


def test_attribute_without_quotes_keeps_to_itself() -> None:
    assert render("<p title={{ .X }} id=a>", "a onclick=b `c`") == (
        "<p title=a&#32;onclick&#61;b&#32;&#96;c&#96; id=a>"
    )


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        ('<a href="{{ .X }}">', "http://h/v?a=1&b=2", '<a href="http://h/v?a=1&amp;b=2">'),
        ('<a href="{{ .X }}">', "https://h/a b'c", '<a href="https://h/a%20b%27c">'),
        ('<a href="{{ .X }}">', "https://h/%E4%BD?x=%20", '<a href="https://h/%E4%BD?x=%20">'),
        ('<a href="{{ .X }}">', "mailto:a@b.c", '<a href="mailto:a@b.c">'),
        ('<a href="{{ .X }}">', "/path:with/colon", '<a href="/path:with/colon">'),
        ('<a href="{{ .X }}">', "javascript:alert(1)", '<a href="#ZgotmplZ">'),
        ('<a href="{{ .X }}">', "JaVaScript:alert(1)", '<a href="#ZgotmplZ">'),
        ('<a href="{{ .X }}">', "data:text/html,x", '<a href="#ZgotmplZ">'),
        ('<img src="{{ .X }}">', "javascript:x", '<img src="#ZgotmplZ">'),
        ('<p data-url="{{ .X }}">', "javascript:x", '<p data-url="#ZgotmplZ">'),
        ('<a href="{{ .X }}/b?c={{ .X }}">', "http://h/a?b", None),
        ('<a href="/p/{{ .X }}">', "a/b?c&d", '<a href="/p/a/b?c&amp;d">'),
        ('<a href="/p?q={{ .X }}">', "a/b?c&d é", '<a href="/p?q=a%2Fb%3Fc%26d%20%C3%A9">'),
        ('<a href="/p#{{ .X }}">', "a&b", '<a href="/p#a%26b">'),
        ('<a href="/p?q={{ .X | urlquery }}">', "a&b", '<a href="/p?q=a%26b">'),
        ("<a href=/p?q={{ .X }}>", "a b>", "<a href=/p?q=a%20b%3E>"),
    ],
)
def test_addresses(source: str, value: str, expected: str | None) -> None:
    if expected is None:
        expected = '<a href="http://h/a?b/b?c=http%3A%2F%2Fh%2Fa%3Fb">'
    assert render(source, value) == expected


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        ('<p style="color: {{ .X }}">', "red", '<p style="color: red">'),
        ('<p style="color: {{ .X }}">', "red; x: url(y)", '<p style="color: ZgotmplZ">'),
        ("<style>p { color: {{ .X }} }</style>", "red", "<style>p { color: red }</style>"),
        ("<style>p { color: {{ .X }} }</style>", "</style>", None),
        ("<style>a < b > c</style>{{ .X }}", "<", "<style>a < b > c</style>&lt;"),
    ],
)
def test_styles(source: str, value: str, expected: str | None) -> None:
    assert render(source, value) == (expected or "<style>p { color: ZgotmplZ }</style>")


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        ("<script>x = {{ .X }}</script>", "a</script>", None),
        ("<script>x = {{ .X }}</script>", ["a", 1.5], '<script>x = ["a", 1.5]</script>'),
        (
            '<script type="application/ld+json">{"url": "{{ .X }}"}</script>',
            'http://h/"?a&b',
            r'<script type="application/ld+json">{"url": "http:\/\/h\/\u0022?a\u0026b"}</script>',
        ),
        ("<script>'it\\'s {{ .X }}'</script>", "'", "<script>'it\\'s \\u0027'</script>"),
        ('<p onclick="f({{ .X }})">', 'a"b', '<p onclick="f(&#34;a\\&#34;b&#34;)">'),
        ("<p onclick=\"f('{{ .X }}')\">", "a'b", "<p onclick=\"f('a\\u0027b')\">"),
    ],
)
def test_scripts(source: str, value: Any, expected: str | None) -> None:
    assert render(source, value) == (expected or '<script>x = "a\\u003c/script\\u003e"</script>')


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a<!-- note {{ .X }} -->b", "ab"),
        ("a<!--[if mso]><p>{{ .X }}</p><![endif]-->b{{ .X }}", "abv"),
        ("<!-- > -->{{ .X }}", "v"),
        ("<a href='/x'><!-- ' --></a>", "<a href='/x'></a>"),
    ],
)
def test_comments_disappear(source: str, expected: str) -> None:
    assert render(source, "v") == expected


@pytest.mark.parametrize(
    ("source", "value", "expected"),
    [
        ("<p {{ .X }}>", "hidden", "<p hidden>"),
        ("<p {{ .X }}>", 'onclick="x"', "<p ZgotmplZ>"),
        ("<p {{ .X }}>", "onclick", "<p ZgotmplZ>"),
    ],
)
def test_attribute_names(source: str, value: str, expected: str) -> None:
    assert render(source, value) == expected


def test_place_is_right_on_each_side_of_a_branch() -> None:
    source = '<a {{ if .X }}href="/?q={{ .X }}"{{ else }}title="none"{{ end }}>{{ .X }}</a>'
    assert render(source, "a&b") == '<a href="/?q=a%26b">a&amp;b</a>'
    assert render(source, "") == '<a title="none"></a>'
